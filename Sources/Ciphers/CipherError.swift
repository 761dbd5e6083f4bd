/// Why bytes from outside do not open.
package enum CipherError: Error, Hashable, Sendable {
  /// The tag is not that of this message under this key and nonce.
  case badTag
  /// The length or the padding is none that an encryption makes: a wrong key, most of the time.
  case badPadding
}
