import Auth
import RadosTypes
import Testing

struct AuthGoldenTests {
  @Test func `every value of authentication reads and writes as Ceph's`() {
    checkGolden("CryptoKey", as: CryptoKey.self, isVersioned: false)
    checkGolden("AuthTicket", as: AuthTicket.self)
    checkGolden("EntityName", as: AuthName.self, isVersioned: false)
    checkGolden("ExpiringCryptoKey", as: ExpiringCryptoKey.self)
    checkGolden("RotatingSecrets", as: RotatingSecrets.self)
    checkGolden("CephXAuthenticate", as: CephXAuthenticate.self)
    checkGolden("CephXAuthorize", as: CephXAuthorize.self)
    checkGolden("CephXAuthorizeChallenge", as: CephXAuthorizeChallenge.self)
    checkGolden("CephXAuthorizeReply", as: CephXAuthorizeReply.self)
    checkGolden("CephXChallengeBlob", as: CephXChallengeBlob.self, isVersioned: false)
    checkGolden("CephXRequestHeader", as: CephXRequestHeader.self, isVersioned: false)
    checkGolden("CephXResponseHeader", as: CephXResponseHeader.self, isVersioned: false)
    checkGolden("CephXServerChallenge", as: CephXServerChallenge.self)
    checkGolden("CephXServiceTicket", as: CephXServiceTicket.self)
    checkGolden("CephXServiceTicketInfo", as: CephXServiceTicketInfo.self)
    checkGolden("CephXServiceTicketRequest", as: CephXServiceTicketRequest.self)
    checkGolden("CephXTicketBlob", as: CephXTicketBlob.self)
  }
}
