extension ObjectInfo: CustomStringConvertible {
  /// As Ceph's logs have it: `object(version reqid flags s size uv version dd digest od digest ...)`.
  package var description: String {
    var text = "\(object)(\(version) \(lastReqID)"
    if !flags.isEmpty { text += " \(flags)" }
    text += " s \(size) uv \(userVersion)"
    if flags.contains(.dataDigest) { text += " dd \(String(dataDigest, radix: 16))" }
    if flags.contains(.omapDigest) { text += " od \(String(omapDigest, radix: 16))" }
    return text + " alloc_hint [\(expectedObjectSize) \(expectedWriteSize) \(allocationHintFlags)])"
  }
}

extension ObjectInfo.Flags: CustomStringConvertible {
  /// In the order of `object_info_t::get_flag_vector`.
  private static let names: [(ObjectInfo.Flags, String)] = [
    (.lost, "lost"), (.whiteout, "whiteout"), (.dirty, "dirty"), (.usesTmap, "uses_tmap"),
    (.omap, "omap"), (.dataDigest, "data_digest"), (.omapDigest, "omap_digest"),
    (.cachePin, "cache_pin"), (.manifest, "manifest"),
    (.redirectHasReference, "redirect_has_reference"),
  ]

  package var description: String {
    Self.names.filter { contains($0.0) }.map(\.1).joined(separator: "|")
  }
}
