import Glibc

/// `memcmp`, for non-empty runs.
@inline(__always) @usableFromInline
func compareBytes(_ left: UnsafeRawPointer?, _ right: UnsafeRawPointer?, _ count: Int) -> Int32 {
  guard let left, let right else { return 0 }
  return memcmp(left, right, count)
}
