import Buffers
import COpenSSL

/// Random numbers that nobody can guess: OpenSSL's generator. For keys, challenges and cookies.
package struct SecureRandom: RandomNumberGenerator, Sendable {
  package init() {}

  package func next() -> UInt64 {
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { bytes in
      fill(bytes)
      return bytes.load(as: UInt64.self)
    }
  }

  package func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      fill(UnsafeMutableRawBufferPointer(bytes))
      filled = count
    }
  }

  private func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    let result = COpenSSL_random(bytes.baseAddress, bytes.count)
    precondition(result == 0, "the system has no randomness: \(result)")
  }
}

/// Whether two secrets are equal, in a time that tells nothing of where they differ.
package func equalInConstantTime(
  _ left: some Collection<UInt8>, _ right: some Collection<UInt8>
) -> Bool {
  left.count == right.count && COpenSSL_equal(Array(left), Array(right), left.count) == 1
}
