/// What a client asks of an object or a PG, one of the steps of a request.
///
/// Ceph: `CEPH_OSD_OP_*` (rados.h); prints the name that Ceph's logs and tools use.
package enum OpCode: UInt16, Sendable, CaseIterable {
  /// `READ`
  case read = 0x1201
  /// `STAT`
  case stat = 0x1202
  /// `MAPEXT`
  case mapExtents = 0x1203
  /// `MASKTRUNC`
  case maskTruncate = 0x1204
  /// `SPARSE_READ`
  case sparseRead = 0x1205
  /// `NOTIFY`
  case notify = 0x1206
  /// `NOTIFY_ACK`
  case notifyAck = 0x1207
  /// `ASSERT_VER`
  case assertVersion = 0x1208
  /// `LIST_WATCHERS`
  case listWatchers = 0x1209
  /// `LIST_SNAPS`
  case listSnaps = 0x120a
  /// `SYNC_READ`
  case syncRead = 0x120b
  /// `TMAPGET`
  case tmapGet = 0x120c
  /// `OMAPGETKEYS`
  case omapGetKeys = 0x1211
  /// `OMAPGETVALS`
  case omapGetValues = 0x1212
  /// `OMAPGETHEADER`
  case omapGetHeader = 0x1213
  /// `OMAPGETVALSBYKEYS`
  case omapGetValuesByKeys = 0x1214
  /// `OMAP_CMP`
  case omapCompare = 0x1219
  /// `ISDIRTY`
  case isDirty = 0x121d
  /// `COPY_GET`
  case copyGet = 0x121e
  /// `CHECKSUM`
  case checksum = 0x121f
  /// `CMPEXT`
  case compareExtent = 0x1220
  /// `GETXATTR`
  case getAttribute = 0x1301
  /// `GETXATTRS`
  case getAttributes = 0x1302
  /// `CMPXATTR`
  case compareAttribute = 0x1303
  /// `CALL`
  case call = 0x1401
  /// `PGLS`
  case pgList = 0x1501
  /// `PGLS_FILTER`
  case pgListFilter = 0x1502
  /// `PG_HITSET_LS`
  case pgHitSetList = 0x1503
  /// `PG_HITSET_GET`
  case pgHitSetGet = 0x1504
  /// `PGNLS`
  case pgNamespaceList = 0x1505
  /// `PGNLS_FILTER`
  case pgNamespaceListFilter = 0x1506
  /// `SCRUBLS`
  case scrubList = 0x1507
  /// `WRITE`
  case write = 0x2201
  /// `WRITEFULL`
  case writeFull = 0x2202
  /// `TRUNCATE`
  case truncate = 0x2203
  /// `ZERO`
  case zero = 0x2204
  /// `DELETE`
  case delete = 0x2205
  /// `APPEND`
  case append = 0x2206
  /// `STARTSYNC`
  case startSync = 0x2207
  /// `SETTRUNC`
  case setTruncate = 0x2208
  /// `TRIMTRUNC`
  case trimTruncate = 0x2209
  /// `TMAPPUT`
  case tmapPut = 0x220b
  /// `CREATE`
  case create = 0x220d
  /// `ROLLBACK`
  case rollback = 0x220e
  /// `WATCH`
  case watch = 0x220f
  /// `OMAPSETVALS`
  case omapSetValues = 0x2215
  /// `OMAPSETHEADER`
  case omapSetHeader = 0x2216
  /// `OMAPCLEAR`
  case omapClear = 0x2217
  /// `OMAPRMKEYS`
  case omapRemoveKeys = 0x2218
  /// `COPY_FROM`
  case copyFrom = 0x221a
  /// `UNDIRTY`
  case undirty = 0x221c
  /// `SETALLOCHINT`
  case setAllocationHint = 0x2223
  /// `CACHE_PIN`
  case cachePin = 0x2224
  /// `CACHE_UNPIN`
  case cacheUnpin = 0x2225
  /// `WRITESAME`
  case writeSame = 0x2226
  /// `SET_REDIRECT`
  case setRedirect = 0x2227
  /// `TIER_PROMOTE`
  case tierPromote = 0x2229
  /// `UNSET_MANIFEST`
  case unsetManifest = 0x222a
  /// `OMAPRMKEYRANGE`
  case omapRemoveKeyRange = 0x222c
  /// `COPY_FROM2`
  case copyFrom2 = 0x222d
  /// `SETXATTR`
  case setAttribute = 0x2301
  /// `SETXATTRS`
  case setAttributes = 0x2302
  /// `RESETXATTRS`
  case resetAttributes = 0x2303
  /// `RMXATTR`
  case removeAttribute = 0x2304
  /// `TMAPUP`
  case tmapUpdate = 0x320a
  /// `TMAP2OMAP`
  case tmapToOmap = 0x3222
  /// `CACHE_FLUSH`
  case cacheFlush = 0x821f
  /// `CACHE_EVICT`
  case cacheEvict = 0x8220
  /// `CACHE_TRY_FLUSH`
  case cacheTryFlush = 0x8221
  /// `SET_CHUNK`
  case setChunk = 0x8228
  /// `TIER_FLUSH`
  case tierFlush = 0x822b
  /// `TIER_EVICT`
  case tierEvict = 0x822c
}

extension OpCode: CustomStringConvertible {
  package var description: String {
    switch self {
    case .read: "read"
    case .stat: "stat"
    case .mapExtents: "mapext"
    case .maskTruncate: "masktrunc"
    case .sparseRead: "sparse-read"
    case .notify: "notify"
    case .notifyAck: "notify-ack"
    case .assertVersion: "assert-version"
    case .listWatchers: "list-watchers"
    case .listSnaps: "list-snaps"
    case .syncRead: "sync_read"
    case .tmapGet: "tmapget"
    case .omapGetKeys: "omap-get-keys"
    case .omapGetValues: "omap-get-vals"
    case .omapGetHeader: "omap-get-header"
    case .omapGetValuesByKeys: "omap-get-vals-by-keys"
    case .omapCompare: "omap-cmp"
    case .isDirty: "isdirty"
    case .copyGet: "copy-get"
    case .checksum: "checksum"
    case .compareExtent: "cmpext"
    case .getAttribute: "getxattr"
    case .getAttributes: "getxattrs"
    case .compareAttribute: "cmpxattr"
    case .call: "call"
    case .pgList: "pgls"
    case .pgListFilter: "pgls-filter"
    case .pgHitSetList: "pg-hitset-ls"
    case .pgHitSetGet: "pg-hitset-get"
    case .pgNamespaceList: "pgnls"
    case .pgNamespaceListFilter: "pgnls-filter"
    case .scrubList: "scrubls"
    case .write: "write"
    case .writeFull: "writefull"
    case .truncate: "truncate"
    case .zero: "zero"
    case .delete: "delete"
    case .append: "append"
    case .startSync: "startsync"
    case .setTruncate: "settrunc"
    case .trimTruncate: "trimtrunc"
    case .tmapPut: "tmapput"
    case .create: "create"
    case .rollback: "rollback"
    case .watch: "watch"
    case .omapSetValues: "omap-set-vals"
    case .omapSetHeader: "omap-set-header"
    case .omapClear: "omap-clear"
    case .omapRemoveKeys: "omap-rm-keys"
    case .copyFrom: "copy-from"
    case .undirty: "undirty"
    case .setAllocationHint: "set-alloc-hint"
    case .cachePin: "cache-pin"
    case .cacheUnpin: "cache-unpin"
    case .writeSame: "write-same"
    case .setRedirect: "set-redirect"
    case .tierPromote: "tier-promote"
    case .unsetManifest: "unset-manifest"
    case .omapRemoveKeyRange: "omap-rm-key-range"
    case .copyFrom2: "copy-from2"
    case .setAttribute: "setxattr"
    case .setAttributes: "setxattrs"
    case .resetAttributes: "resetxattrs"
    case .removeAttribute: "rmxattr"
    case .tmapUpdate: "tmapup"
    case .tmapToOmap: "tmap2omap"
    case .cacheFlush: "cache-flush"
    case .cacheEvict: "cache-evict"
    case .cacheTryFlush: "cache-try-flush"
    case .setChunk: "set-chunk"
    case .tierFlush: "tier-flush"
    case .tierEvict: "tier-evict"
    }
  }
}
