/// The texts of options by where they come from, metavariables not expanded.
struct ConfigValues {
  private var texts: [String: [ConfigSource: String]] = [:]

  /// The text in force: of the source that overrides the others, else the table's.
  func raw(_ name: String) -> String? {
    texts[name]?.max { $0.key < $1.key }?.value ?? ConfigOption.byName[name]?.standard
  }

  func sources(of name: String) -> [ConfigSource: String] { texts[name] ?? [:] }

  var names: Set<String> { Set(texts.keys) }

  func names(from source: ConfigSource) -> [String] {
    texts.keys.filter { texts[$0]?[source] != nil }
  }

  /// nil takes the source's text away. True if another text is in force now.
  mutating func set(_ name: String, _ text: String?, from source: ConfigSource) -> Bool {
    let before = raw(name)
    texts[name, default: [:]][source] = text
    if texts[name]?.isEmpty == true { texts[name] = nil }
    return raw(name) != before
  }
}
