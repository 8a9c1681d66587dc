// The image API v1, as clients of 2011 to 2017 speak it: metadata in headers, bytes in bodies, and the two in one
// request. It works on the same images as v2, by the same rules and through the same intake of bytes; what is here is
// its own manner of speaking alone. `is_public` is v2's `visibility`: true is `public`, false is `shared`, since every
// image of v1 can have members.

internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON

enum VersionOne {
  /// v1.0 and v1.1 are alike to every client.
  static let mounts = ["/v1", "/v1.0", "/v1.1"]
  /// The same as the first segments of paths.
  static let names = Set(mounts.map { $0.dropFirst() })
  static var routes: [Routes<Glance>] { [V1Images.routes, V1Changes.routes, V1Members.routes] }

  /// An answer without a body. Clients of 2013 look for its type all the same.
  static func nothing(_ status: Int) -> Response {
    Response(status: status, headers: ["Content-Type": "text/html; charset=UTF-8"])
  }

  /// How v1 shows an image, in the order in which upstream does.
  static func view(_ image: Image, deletedAt: Timestamp? = nil) -> JSONObject {
    [
      "id": .string(image.id), "name": image.name.json, "disk_format": image.diskFormat.json,
      "container_format": image.containerFormat.json, "size": .int(image.size ?? 0),
      "virtual_size": image.virtualSize.json, "checksum": image.checksum.json,
      "status": .string(deletedAt == nil ? status(image) : "deleted"),
      "is_public": .bool(image.visibility == .public), "protected": .bool(image.isProtected),
      "min_disk": .int(image.minDisk), "min_ram": .int(image.minRAM), "owner": image.owner.json,
      "created_at": .string(time(image.createdAt)), "updated_at": .string(time(image.updatedAt)),
      "deleted": .bool(deletedAt != nil), "deleted_at": deletedAt.map { .string(time($0)) } ?? .null,
      "properties": image.properties.json,
    ]
  }

  /// v1 knows neither staging nor imports.
  static func status(_ image: Image) -> String {
    switch image.status {
    case .uploading: "queued"
    case .importing: "saving"
    default: image.status.rawValue
    }
  }

  /// Clients of v1 want a time without a zone, and with a fraction.
  private static func time(_ time: Timestamp) -> String { Timestamp(seconds: time.seconds).isoMicroseconds }
}
