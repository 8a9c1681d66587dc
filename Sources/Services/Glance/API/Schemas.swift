internal import API
internal import GlanceModel
internal import JSON

/// `/v2/schemas`: what clients may expect of images and members, in JSON schema.
enum Schemas {
  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      .get("/schemas/image", "schemas", image, allow: .anyone),
      .get("/schemas/images", "schemas", images, allow: .anyone),
      .get("/schemas/member", "schemas", member, allow: .anyone),
      .get("/schemas/members", "schemas", members, allow: .anyone),
    ])

  static func image(_ call: Call<Glance>, _: Nothing) async throws -> JSON { imageSchema }
  static func images(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    list("images", of: imageSchema, paged: true)
  }
  static func member(_ call: Call<Glance>, _: Nothing) async throws -> JSON { memberSchema }
  static func members(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    list("members", of: memberSchema, paged: false)
  }

  private static func list(_ name: String, of item: JSON, paged: Bool) -> JSON {
    var properties: JSONObject = [name: ["type": "array", "items": item], "schema": ["type": "string"]]
    var object: JSONObject = ["name": .string(name)]
    var links: [JSON] = [["rel": "describedby", "href": "{schema}"]]
    if paged {
      properties.append("first", ["type": "string"])
      properties.append("next", ["type": "string"])
      links = [["rel": "first", "href": "{first}"], ["rel": "next", "href": "{next}"]] + links
    }
    object.append("properties", .object(properties))
    object.append("links", .array(links))
    return .object(object)
  }

  static let uuid = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"

  private static func text(_ description: String, limit: Int? = nil, nullable: Bool = false, readOnly: Bool = false)
    -> JSON
  {
    var object: JSONObject = [
      "type": nullable ? ["null", "string"] : "string", "description": .string(description),
    ]
    if let limit { object.append("maxLength", .int(limit)) }
    if readOnly { object.append("readOnly", true) }
    return .object(object)
  }
  private static func number(_ description: String, readOnly: Bool = false) -> JSON {
    readOnly
      ? ["type": ["null", "integer"], "description": .string(description), "readOnly": true]
      : ["type": "integer", "description": .string(description)]
  }
  private static func one(_ description: String, of values: [JSON], nullable: Bool = false) -> JSON {
    [
      "type": nullable ? ["null", "string"] : "string", "description": .string(description),
      "enum": .array((nullable ? [.null] : []) + values),
    ]
  }

  /// Properties that are known without being columns: clients show them among the other properties.
  private static let usual: [(key: String, value: JSON)] = [
    ("architecture", text("Operating system architecture")),
    ("kernel_id", image("ID of the image of the kernel to boot with")),
    ("ramdisk_id", image("ID of the image of the ramdisk to boot with")),
    ("instance_uuid", text("The server this image was made of")),
    ("os_distro", text("Name of the operating system's distribution")),
    ("os_version", text("Operating system version")), ("description", text("What people should know of the image")),
    ("cinder_encryption_key_id", text("Which key opens volumes made of this image")),
    (
      "cinder_encryption_key_deletion_policy",
      one("Whether that key goes with the image", of: ["on_image_deletion", "do_not_delete"])
    ),
  ]

  private static func image(_ description: String) -> JSON {
    ["type": ["null", "string"], "description": .string(description), "pattern": .string(uuid)]
  }

  /// The members of an object with those of `more` behind them, each of which says that it is no column.
  private static func adding(_ more: [(key: String, value: JSON)], to properties: JSONObject) -> JSON {
    .object(
      JSONObject(
        properties.members
          + more.map { key, value in
            (key: key, value: .object(JSONObject((value.object?.members ?? []) + [(key: "is_base", value: false)])))
          }))
  }

  static let imageSchema: JSON = [
    "name": "image", "properties": adding(usual, to: base), "additionalProperties": ["type": "string"],
    "links": [
      ["rel": "self", "href": "{self}"], ["rel": "enclosure", "href": "{file}"],
      ["rel": "describedby", "href": "{schema}"],
    ],
  ]

  private static let base: JSONObject = [
    "id": ["type": "string", "description": "An identifier for the image", "pattern": .string(uuid)],
    "name": text("Descriptive name for the image", limit: 255, nullable: true),
    "status": [
      "type": "string", "description": "Status of the image", "readOnly": true,
      "enum": [
        "queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated",
      ],
    ],
    "visibility": one("Scope of image accessibility", of: ["community", "public", "private", "shared"]),
    "protected": ["type": "boolean", "description": "If true, image will not be deletable."],
    "os_hidden": [
      "type": "boolean", "description": "If true, image will not appear in default image list response.",
    ],
    "checksum": text("md5 hash of image contents.", limit: 32, nullable: true, readOnly: true),
    "os_hash_algo": text("Algorithm of os_hash_value", limit: 64, nullable: true, readOnly: true),
    "os_hash_value": text("Hexdigest of the image contents", limit: 128, nullable: true, readOnly: true),
    "owner": text("Owner of the image", limit: 255, nullable: true),
    "size": number("Size of image file in bytes", readOnly: true),
    "virtual_size": number("Virtual size of image in bytes", readOnly: true),
    "container_format": one(
      "Format of the container", of: Image.containerFormats.map { .string($0) }, nullable: true),
    "disk_format": one("Format of the disk", of: Image.diskFormats.map { .string($0) }, nullable: true),
    "created_at": text("Date and time of image registration", readOnly: true),
    "updated_at": text("Date and time of the last image modification", readOnly: true),
    "tags": [
      "type": "array", "description": "List of strings related to the image",
      "items": ["type": "string", "maxLength": 255],
    ],
    "direct_url": text("URL to access the image file kept in external store", readOnly: true),
    "locations": locations,
    "min_ram": number("Amount of ram (in MB) required to boot image."),
    "min_disk": number("Amount of disk space (in GB) required to boot image."),
    "self": text("An image self url", readOnly: true),
    "file": text("An image file url", readOnly: true),
    "stores": text("Stores in which the image's data is", readOnly: true),
    "schema": text("An image schema url", readOnly: true),
  ]

  private static let locations: JSON = [
    "type": "array", "description": "A set of URLs to access the image file kept in external store",
    "items": [
      "type": "object", "required": ["url", "metadata"],
      "properties": [
        "url": ["type": "string", "maxLength": 255], "metadata": ["type": "object"],
        "validation_data": [
          "type": "object", "writeOnly": true, "additionalProperties": false,
          "description": "What the image is known to be; said of an image that has bytes, it must be what it is.",
          "required": ["os_hash_algo", "os_hash_value"],
          "properties": [
            "checksum": ["type": "string", "minLength": 32, "maxLength": 32],
            "os_hash_algo": ["type": "string", "maxLength": 64], "os_hash_value": ["type": "string", "maxLength": 128],
          ],
        ],
      ],
    ],
  ]

  private static let memberSchema: JSON = [
    "name": "member",
    "properties": [
      "member_id": text("An identifier for the image member (tenantId)"),
      "image_id": ["type": "string", "description": "An identifier for the image", "pattern": .string(uuid)],
      "created_at": text("Date and time of image member creation"),
      "updated_at": text("Date and time of last modification of image member"),
      "status": one("The status of this image member", of: ["pending", "accepted", "rejected"]),
      "schema": text("An image member schema url", readOnly: true),
    ],
  ]
}
