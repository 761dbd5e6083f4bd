import RadosTypes

extension OpInterpreter {
  /// What a scrub found the object to amount to; nil: that is not to be said.
  package mutating func setDigests(data: UInt32?, omap: UInt32?) {
    isTouched = true
    if let data { state.info.setDataDigest(data) } else { state.info.clearDataDigest() }
    if let omap { state.info.setOmapDigest(omap) } else { state.info.clearOmapDigest() }
  }
}
