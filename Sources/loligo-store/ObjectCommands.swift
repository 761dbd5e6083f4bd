import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes

/// Looking at what a mounted store holds: collections, objects, one object's parts, its data.
///
/// Run on the reactor of the collection. Knows nothing but the contract.
struct ObjectCommands {
  let store: any ObjectStore

  /// One collection a line, in Ceph's order.
  func listCollections() {
    for id in store.collections().sorted() { print(id) }
  }

  /// One object a line, as Ceph's tools write them: `#pool:hash:namespace:key:name:snap#`.
  func listObjects(in collection: StoreCollection) async throws(StoreError) {
    var from = GHObject.min
    while from != .max {
      let page = try await store.list(collection, from: from, to: .max, max: 1000)
      for object in page.objects { print(object) }
      from = page.next
    }
  }

  /// Sizes, extents, attributes and omap keys as JSON; values in hex.
  func describe(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> String
  {
    guard let stat = try await store.stat(object, in: collection) else { throw .absent("dump") }
    let extents = try await store.extents(object, in: collection, offset: 0, length: .max)
    let attributes = try await store.attributes(of: object, in: collection)
    let header = try await store.omapHeader(of: object, in: collection)
    let omap = try await store.omapEntries(of: object, in: collection).entries
    var json = JSONWriter()
    json.object { json in
      json.string("object", object.description)
      json.string("collection", collection.id.description)
      json.integer("size", stat.size)
      json.integer("allocated", stat.allocated)
      json.array("extents") { json in
        for extent in extents {
          json.object { json in
            json.integer("offset", extent.offset)
            json.integer("length", extent.length)
          }
        }
      }
      Self.write("attributes", attributes, to: &json)
      json.string("omap_header", Self.hex(header))
      Self.write("omap", omap, to: &json)
    }
    return json.finish()
  }

  /// Writes the object's data to a descriptor, a piece at a time.
  func export(
    _ object: GHObject, in collection: StoreCollection, to descriptor: Int32
  )
    async throws(StoreError)
  {
    guard let stat = try await store.stat(object, in: collection) else { throw .absent("export") }
    var at: UInt64 = 0
    while at < stat.size {
      let bytes = try await store.read(object, in: collection, offset: at, length: 4 << 20)
      for slice in bytes.slices { try Self.write(slice, to: descriptor) }
      at += UInt64(bytes.count)
    }
  }

  private static func write(_ slice: ByteSlice, to descriptor: Int32) throws(StoreError) {
    var done = 0
    while done < slice.count {
      let put = Glibc.write(descriptor, slice.start + done, slice.count - done)
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw StoreError(errno, "export") }
      done += put
    }
  }

  private static func write(_ name: String, _ values: [NamedValue], to json: inout JSONWriter) {
    json.array(name) { json in
      for value in values {
        json.object { json in
          json.string("name", value.name.text)
          json.integer("length", value.value.count)
          json.string("value", hex(value.value))
        }
      }
    }
  }

  private static func hex(_ bytes: ByteSlice) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.withUnsafeBytes { bytes in
      String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
  }
}
