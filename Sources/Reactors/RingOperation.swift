/// A request to the kernel through the ring, kept alive until its completion. Confined to its reactor.
package protocol RingOperation: AnyObject {
  /// What the system call would have returned: at least 0, or -errno.
  func completed(_ result: Int32)
}
