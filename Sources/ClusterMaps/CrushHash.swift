/// CRUSH's hash of one to four 32-bit numbers: Robert Jenkins' mix over a fixed seed.
///
/// Buckets name their hash by number; 0 is the only one there is, any other hashes to 0.
/// Source: src/crush/hash.c.
package enum CrushHash {
  package static let rjenkins1: UInt8 = 0

  private static let seed: UInt32 = 1_315_423_911
  private static let padX: UInt32 = 231_232
  private static let padY: UInt32 = 1232

  @inline(__always)
  private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    a = (a &- b &- c) ^ (c &>> 13)
    b = (b &- c &- a) ^ (a &<< 8)
    c = (c &- a &- b) ^ (b &>> 13)
    a = (a &- b &- c) ^ (c &>> 12)
    b = (b &- c &- a) ^ (a &<< 16)
    c = (c &- a &- b) ^ (b &>> 5)
    a = (a &- b &- c) ^ (c &>> 3)
    b = (b &- c &- a) ^ (a &<< 10)
    c = (c &- a &- b) ^ (b &>> 15)
  }

  @inline(__always)
  package static func hash(_ first: UInt32, _ second: UInt32) -> UInt32 {
    var (a, b, x, y) = (first, second, padX, padY)
    var hash = seed ^ a ^ b
    mix(&a, &b, &hash)
    mix(&x, &a, &hash)
    mix(&b, &y, &hash)
    return hash
  }

  @inline(__always)
  package static func hash(_ first: UInt32, _ second: UInt32, _ third: UInt32) -> UInt32 {
    var (a, b, c, x, y) = (first, second, third, padX, padY)
    var hash = seed ^ a ^ b ^ c
    mix(&a, &b, &hash)
    mix(&c, &x, &hash)
    mix(&y, &a, &hash)
    mix(&b, &x, &hash)
    mix(&y, &c, &hash)
    return hash
  }

  @inline(__always)
  package static func hash(
    _ first: UInt32, _ second: UInt32, _ third: UInt32, _ fourth: UInt32
  ) -> UInt32 {
    var (a, b, c, d, x, y) = (first, second, third, fourth, padX, padY)
    var hash = seed ^ a ^ b ^ c ^ d
    mix(&a, &b, &hash)
    mix(&c, &d, &hash)
    mix(&a, &x, &hash)
    mix(&y, &b, &hash)
    mix(&c, &x, &hash)
    mix(&y, &d, &hash)
    return hash
  }
}
