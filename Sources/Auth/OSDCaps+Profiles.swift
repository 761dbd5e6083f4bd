import Buffers

extension OSDCaps.Grant {
  /// `profile NAME [pool=P] [namespace=N]`. An unknown profile stands for nothing. Source:
  /// src/osd/OSDCap.cc (`OSDCapGrant::expand_profile`).
  package init(
    profile name: ByteString, pool: ByteString, namespace: ByteString?,
    network: OSDCaps.Network? = nil
  ) {
    self.init([], network: network)
    profile = name
    expansion = Self.expand(name, pool, namespace)
  }

  private static func expand(
    _ name: ByteString, _ pool: ByteString, _ namespace: ByteString?
  )
    -> [OSDCaps.Grant]
  {
    let there = OSDCaps.Match(pool: pool, namespace: namespace)
    func objects(_ prefix: ByteString, _ match: OSDCaps.Match = OSDCaps.Match()) -> OSDCaps.Match {
      var match = match
      match.objectPrefix = prefix
      return match
    }
    switch name {
    case "read-only": return [OSDCaps.Grant([.read], there)]
    case "read-write": return [OSDCaps.Grant([.read, .write], there)]
    case "rbd":
      return [
        OSDCaps.Grant([.read], objects("rbd_info")),
        OSDCaps.Grant([.classRead], objects("rbd_children")),
        OSDCaps.Grant([.classRead], objects("rbd_mirroring")),
        OSDCaps.Grant(class: "rbd", "metadata_list", OSDCaps.Match(pool: pool)),
        OSDCaps.Grant([.read, .write, .execute], there),
      ]
    case "rbd-read-only":
      return [
        OSDCaps.Grant([.read, .classRead], there),
        OSDCaps.Grant(class: "rbd", "child_attach", objects("rbd_header.", there)),
        OSDCaps.Grant(class: "rbd", "child_detach", objects("rbd_header.", there)),
      ]
    default: return []
    }
  }
}
