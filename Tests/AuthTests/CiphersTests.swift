import Buffers
import Ciphers
import Testing

private func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

struct AESGCMTests {
  // NIST GCM specification (McGrew, Viega), appendix B, test case 3.
  static let key = bytes("feffe9928665731c6d6a8f9467308308")
  static let nonce = bytes("cafebabefacedbaddecaf888")
  static let plain = bytes(
    """
    d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255
    """)
  static let sealed = bytes(
    """
    42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
    21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985
    """)
  static let tag = bytes("4d5c2af327cd64a62cf35abd2ba6fab4")

  static func seal(_ message: [UInt8], cutAt cut: Int) -> (bytes: [UInt8], tag: [UInt8]) {
    let cipher = AESGCM(key: key, .seal)
    var message = message
    var tag = [UInt8](repeating: 0, count: 16)
    for _ in 0..<2 {  // The second time the context is used again.
      message = plain
      nonce.withUnsafeBytes { cipher.begin(nonce: $0) }
      message.withUnsafeMutableBytes { all in
        cipher.update(UnsafeMutableRawBufferPointer(rebasing: all[..<cut]))
        cipher.update(UnsafeMutableRawBufferPointer(rebasing: all[cut...]))
      }
      tag.withUnsafeMutableBytes { tag in
        if let start = tag.baseAddress { cipher.seal(tag: start) }
      }
    }
    return (message, tag)
  }

  @Test(arguments: 0...64)
  func `scattered pieces seal to the published bytes`(cut: Int) {
    let (message, tag) = Self.seal(Self.plain, cutAt: cut)
    #expect(message == Self.sealed)
    #expect(tag == Self.tag)
  }

  @Test func `opening takes a tag of this message only`() throws {
    let cipher = AESGCM(key: Self.key, .open)
    var target = [UInt8](repeating: 0, count: 64)
    func open(_ tag: [UInt8]) throws {
      Self.nonce.withUnsafeBytes { cipher.begin(nonce: $0) }
      Self.sealed.withUnsafeBytes { from in
        target.withUnsafeMutableBytes { cipher.update(from, to: $0.baseAddress!) }
      }
      try tag.withUnsafeBytes { try cipher.open(tag: $0.baseAddress!) }
    }
    try open(Self.tag)
    #expect(target == Self.plain)
    for bit in 0..<128 {
      var wrong = Self.tag
      wrong[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: CipherError.badTag) { try open(wrong) }
    }
    try open(Self.tag)
  }

  @Test func `a nonce is its fixed part and then its counter`() {
    let first = AESGCM(key: Self.key, .seal)
    let second = AESGCM(key: Self.key, .seal)
    var tags: [[UInt8]] = [[], []]
    for (index, cipher) in [first, second].enumerated() {
      if index == 0 {
        cipher.begin(fixed: 0xbeba_feca, counter: 0x88f8_cade_adb_cefa)
      } else {
        var nonce: [UInt8] = [0xca, 0xfe, 0xba, 0xbe]
        withUnsafeBytes(of: UInt64(0x88f8_cade_adb_cefa).littleEndian) { nonce += $0 }
        nonce.withUnsafeBytes { cipher.begin(nonce: $0) }
      }
      tags[index] = [UInt8](repeating: 0, count: 16)
      tags[index].withUnsafeMutableBytes { cipher.seal(tag: $0.baseAddress!) }
    }
    #expect(tags[0] == tags[1])
  }
}

struct HMACSHA256Tests {
  @Test func `published digests come out, in pieces and again`() {
    // RFC 4231, test cases 1 and 2.
    let first = HMACSHA256(key: [UInt8](repeating: 0x0b, count: 20))
    let expected = bytes("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    for _ in 0..<2 {
      first.update(ByteSlice(Array("Hi ".utf8)))
      first.update(ByteSlice(Array("There".utf8)))
      #expect(first.finish() == expected)
    }
    let second = HMACSHA256.digest(
      of: ByteSlice(Array("what do ya want for nothing?".utf8)), key: Array("Jefe".utf8))
    #expect(second == bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
  }

  @Test func `an empty key is a key`() {
    // RFC 2104 with an empty key and message; value from any HMAC implementation.
    let digest = HMACSHA256.digest(of: .empty, key: [UInt8]())
    #expect(digest == bytes("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
  }
}

struct AESCBCTests {
  static let key = [UInt8](0..<16)

  @Test(arguments: 0...65)
  func `what is encrypted comes back, padded by at least a byte`(count: Int) throws {
    let plain = ByteSlice((0..<count).map { UInt8(truncatingIfNeeded: $0) })
    let sealed = AESCBC.encrypt(plain, key: Self.key)
    #expect(sealed.count == (count / 16 + 1) * 16)
    #expect(try AESCBC.decrypt(sealed, key: Self.key) == plain)
  }

  @Test func `lengths that no encryption makes are refused`() {
    for count in [0, 1, 15, 17, 31] {
      #expect(throws: CipherError.badPadding) {
        try AESCBC.decrypt(ByteSlice(zeros: count), key: Self.key)
      }
    }
  }

  @Test func `random bytes differ and have the length asked for`() {
    let random = SecureRandom()
    #expect(random.bytes(33).count == 33)
    #expect(random.bytes(16) != random.bytes(16))
    #expect(equalInConstantTime([1, 2], [1, 2]))
    #expect(!equalInConstantTime([1, 2], [1, 3]))
    #expect(!equalInConstantTime([1, 2], [1]))
  }
}
