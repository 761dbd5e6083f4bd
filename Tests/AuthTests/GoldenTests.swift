import Auth
import RadosTypes
import Testing

struct AuthGoldenTests {
  @Test func `every value of authentication reads and writes as Ceph's`() throws {
    try checkGolden("CryptoKey", as: CryptoKey.self)
    try checkGolden("AuthTicket", as: AuthTicket.self)
    try checkGolden("EntityName", as: AuthName.self)
    try checkGolden("ExpiringCryptoKey", as: ExpiringCryptoKey.self)
    try checkGolden("RotatingSecrets", as: RotatingSecrets.self)
    try checkGolden("CephXAuthenticate", as: CephXAuthenticate.self) { $0[0] == 3 }
    try checkGolden("CephXAuthorize", as: CephXAuthorize.self)
    try checkGolden("CephXAuthorizeChallenge", as: CephXAuthorizeChallenge.self)
    try checkGolden("CephXAuthorizeReply", as: CephXAuthorizeReply.self)
    try checkGolden("CephXChallengeBlob", as: CephXChallengeBlob.self)
    try checkGolden("CephXRequestHeader", as: CephXRequestHeader.self)
    try checkGolden("CephXResponseHeader", as: CephXResponseHeader.self)
    try checkGolden("CephXServerChallenge", as: CephXServerChallenge.self)
    try checkGolden("CephXServiceTicket", as: CephXServiceTicket.self)
    try checkGolden("CephXServiceTicketInfo", as: CephXServiceTicketInfo.self)
    try checkGolden("CephXServiceTicketRequest", as: CephXServiceTicketRequest.self)
    try checkGolden("CephXTicketBlob", as: CephXTicketBlob.self)
  }
}
