/// Linux' error numbers, which Ceph sends (negated) as results; some mean more to Ceph than to Linux.
package enum Errno {
  package static let EPERM: Int32 = 1
  package static let ENOENT: Int32 = 2
  package static let EIO: Int32 = 5
  package static let ENXIO: Int32 = 6
  package static let E2BIG: Int32 = 7
  package static let EAGAIN: Int32 = 11
  package static let ENOMEM: Int32 = 12
  package static let EACCES: Int32 = 13
  package static let EBUSY: Int32 = 16
  package static let EEXIST: Int32 = 17
  package static let ENOTDIR: Int32 = 20
  package static let EINVAL: Int32 = 22
  package static let EFBIG: Int32 = 27
  package static let ENOSPC: Int32 = 28
  package static let EROFS: Int32 = 30
  package static let EDOM: Int32 = 33
  package static let ERANGE: Int32 = 34
  package static let ENAMETOOLONG: Int32 = 36
  package static let ENOTEMPTY: Int32 = 39
  package static let ENODATA: Int32 = 61
  package static let EOVERFLOW: Int32 = 75
  package static let EILSEQ: Int32 = 84
  package static let EMSGSIZE: Int32 = 90
  package static let EOPNOTSUPP: Int32 = 95
  package static let ENOTCONN: Int32 = 107
  package static let ESHUTDOWN: Int32 = 108
  package static let ETIMEDOUT: Int32 = 110
  package static let ECONNREFUSED: Int32 = 111
  package static let EALREADY: Int32 = 114
  package static let EINPROGRESS: Int32 = 115
  package static let ESTALE: Int32 = 116
  package static let EDQUOT: Int32 = 122
  package static let ECANCELED: Int32 = 125
  /// Ceph's own: the client is on the list of those shut out (`EBLOCKLISTED` is ESHUTDOWN).
  package static let EBLOCKLISTED: Int32 = 108
  /// CMPEXT found a difference at offset `n`: the result is -(4095 + n) (`MAX_ERRNO`).
  package static let compareMismatchBase: Int32 = 4095
}
