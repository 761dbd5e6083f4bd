import Base
import ClusterMaps
import RadosTypes

/// What `GET /metrics` tells of this OSD: its counters, and the labels by which dashboards choose OSDs.
extension OSD {
  private struct Readings: Sendable {
    var counters: [PerfReading]
    /// In the manager's order; none if the map does not have this OSD.
    var metadata: [(name: String, value: String)]
  }

  /// Nil if the reactors did not come to it in 5 s. Not on a reactor: it waits for them.
  package func metrics() -> MetricsText? {
    let answer = Answer<Readings>()
    home.post { [weak self] in
      self?.home.spawn { [weak self] in
        guard let self else { return }
        await refreshGauges()
        answer.put(readings())
      }
    }
    guard let found = answer.wait(for: .seconds(5)) else { return nil }
    var text = MetricsText()
    if !found.metadata.isEmpty {
      text.add("osd_metadata", .untyped, "OSD Metadata", found.metadata, 1)
    }
    for reading in found.counters { text.add(reading, of: identity.name.description) }
    return text
  }

  /// On `home`. The manager collects counters from priority 5 (`PRIO_USEFUL`) on.
  private func readings() -> Readings {
    Readings(counters: parts.perf.readings(priorityMin: 5), metadata: metadataLabels())
  }

  private func metadataLabels() -> [(name: String, value: String)] {
    let whoami = identity.whoami
    guard map.exists(whoami), let client = map.clientAddresses(whoami).first,
      let cluster = map.clusterAddresses(whoami).first
    else { return [] }
    return [
      ("back_iface", messengers.interfaces.back), ("ceph_daemon", identity.name.description),
      ("cluster_addr", cluster.hostText),
      ("device_class", map.crush.className(of: whoami)?.description ?? ""),
      ("front_iface", messengers.interfaces.front), ("hostname", SystemInfo.nodeName),
      ("objectstore", configuration.string("osd_objectstore")), ("public_addr", client.hostText),
      ("ceph_version", DaemonVersion.line),
    ]
  }
}

extension EntityAddress {
  /// As the manager cuts it out of `address:port`: an IPv6 address in its brackets.
  fileprivate var hostText: String { ip.count == 16 ? "[\(ipText)]" : ipText }
}
