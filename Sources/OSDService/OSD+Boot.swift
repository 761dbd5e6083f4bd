import Base
import ClusterMaps
import Glibc
import Messages
import Monitors
import ObjectStores
import RadosTypes

/// From preboot to booting: what must be true before the monitors are told (`OSD::start_boot`,
/// `_preboot`, `_send_boot` of `src/osd/OSD.cc`).
extension OSD {
  /// Tries, unless a try is under way; whatever may change the answer calls this again.
  func bootWhenReady() {
    guard state == .preboot, !isBooting, monitors.isOpen else { return }
    isBooting = true
    home.spawn { [self] in
      do { try await preboot() } catch {
        log.write(.osd, 1, self, "boot: \(error); trying again")
        home.schedule(after: .seconds(1)) { [weak self] in self?.bootWhenReady() }
      }
      isBooting = false
    }
  }

  private func preboot() async throws {
    guard !parts.isStuck else { throw MonError.timedOut("a reactor that is stuck") }
    try await monitors.waitForRotatingKeys(
      timeout: .seconds(configuration.integer("rotating_keys_bootstrap_timeout")))
    let versions = try await monitors.version(of: "osdmap")
    if !hasPlacedItself {
      try await placeInCrush(newest: versions.newest)
      hasPlacedItself = true
    }
    guard state == .preboot else { return }
    let epoch = UInt64(map.epoch)
    guard epoch > 0, epoch + UInt64(configuration.integer("osd_map_message_max")) > versions.newest,
      epoch + 1 >= versions.oldest
    else {
      return monitors.subscribe(to: "osdmap", from: max(epoch + 1, versions.oldest))
    }
    if let reason = obstacle() {
      log.write(.osd, 1, self, "not booting yet: \(reason)")
      return monitors.subscribe(to: "osdmap", from: epoch + 1)
    }
    sendBoot()
  }

  /// What in the map keeps this OSD from booting; nil if nothing does.
  private func obstacle() -> String? {
    if map.flags.contains(.noUp) || map.state(identity.whoami).contains(.noUp) {
      return "noup is set"
    }
    if !map.flags.contains(.sortBitwise) { return "the map lacks sortbitwise" }
    guard map.exists(identity.whoami) else {
      return "osd.\(identity.whoami) does not exist: `ceph osd new` makes it"
    }
    let inMap = map.id(identity.whoami)
    if inMap != .zero, inMap != identity.osd {
      return "the map knows osd.\(identity.whoami) as \(inMap), this one is \(identity.osd)"
    }
    if fullState() != map.fullState(of: identity.whoami), !isHeldForDead {
      sendFullState()
      return "the map has another full state"
    }
    return nil
  }

  /// Who was marked down and goes on at the same address is told from what went down only by its boot: a
  /// monitor hears nothing of how full it is before that. Source: `OSDMonitor::preprocess_full`.
  private var isHeldForDead: Bool {
    let known = map.clientAddresses(identity.whoami)
    return messengers.client.addresses.first.map(known.contains) ?? false
  }

  private func sendBoot() {
    messengers.completeAddresses()
    history.superblock.purgedSnapsLast = map.epoch
    let boot = MOSDBoot(
      paxos: PaxosHeader(UInt64(map.epoch)), superblock: history.superblock,
      heartbeatBack: messengers.heartbeatBack.addresses, cluster: messengers.cluster.addresses,
      bootEpoch: bootEpoch, heartbeatFront: messengers.heartbeatFront.addresses,
      metadata: metadata())
    enter(.booting)
    monitors.send(RawMessage(encoding: boot))
    let attempt = map.epoch
    home.schedule(after: .seconds(10)) { [weak self] in
      // Monitors drop a boot without a word while they elect, or when it is wrong.
      guard let self, state == .booting, map.epoch == attempt else { return }
      log.write(.osd, 1, self, "no answer to the boot message, trying again")
      enter(.preboot)
      bootWhenReady()
    }
  }

  /// Its place in the CRUSH tree, by the commands that the stock daemon sends. Monitors make a new map
  /// for a class that is there already, so it is told only if it is not in the newest map.
  private func placeInCrush(newest: UInt64) async throws {
    let id = identity.whoami
    let device = parts.deviceFacts["default_device_class"] ?? "ssd"
    let isClassKnown = UInt64(map.epoch) == newest && map.crush.className(of: id)?.text == device
    if configuration.flag("osd_class_update_on_start"), !isClassKnown {
      try await command(
        #"{"prefix":"osd crush set-device-class","class":"\#(device)","ids":["\#(id)"]}"#)
    }
    if configuration.flag("osd_crush_update_on_start") {
      let place = location().map { "\"\($0)\"" }.joined(separator: ",")
      try await command(
        #"{"prefix":"osd crush create-or-move","id":\#(id),"weight":\#(weight()),"args":[\#(place)]}"#
      )
    }
  }

  private func command(_ json: String) async throws {
    let reply = try await monitors.command(json)
    // EBUSY: the class was set by somebody, and stays as it is.
    guard reply.result >= 0 || reply.result == -EBUSY else {
      return log.error(.osd, self, "\(json): \(reply.result) \(reply.status)")
    }
  }

  private func location() -> [String] {
    let text = configuration.string("crush_location")
    let words = text.split { $0 == " " || $0 == "," || $0 == ";" }.map(String.init)
    return words.isEmpty ? ["host=\(configuration.identity.host)", "root=default"] : words
  }

  /// The size in TiB with four decimals, at least 0.0001, unless the configuration says otherwise.
  private func weight() -> String {
    let wanted = configuration.real("osd_crush_initial_weight")
    let tebibytes = wanted >= 0 ? wanted : Double(parts.store.statfs().total) / Double(1 << 40)
    let fraction = Int((max(tebibytes, wanted >= 0 ? 0 : 0.0001) * 10000).rounded())
    return "\(fraction / 10000)." + String(String(10000 + fraction % 10000).dropFirst())
  }

  func metadata() -> [String: String] {
    var facts = SystemInfo.collect()
    facts.merge(parts.deviceFacts) { _, device in device }
    facts.merge(BlockDeviceName.under(blockDevice).facts) { _, device in device }
    facts["osd_data"] = configuration.string("osd_data")
    facts["osd_objectstore"] = configuration.string("osd_objectstore")
    facts["front_addr"] = messengers.client.addresses.bracketed
    facts["back_addr"] = messengers.cluster.addresses.bracketed
    facts["hb_front_addr"] = messengers.heartbeatFront.addresses.bracketed
    facts["hb_back_addr"] = messengers.heartbeatBack.addresses.bracketed
    facts["osdspec_affinity"] = ""
    facts["front_iface"] = messengers.interfaces.front
    facts["back_iface"] = messengers.interfaces.back
    return facts
  }
}

extension EntityAddresses {
  /// With the brackets that the metadata of stock OSDs has around any number of addresses.
  fileprivate var bracketed: String {
    description.hasPrefix("[") ? description : "[\(description)]"
  }
}
