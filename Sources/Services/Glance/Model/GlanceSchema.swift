// Glance: images as records, and whose bytes are kept.
//
//                    upload begins             bytes are whole and as declared
//     queued --------------------> saving ----------------------------------> active <---> deactivated
//       ^                            |  broken, full, hostile
//       +----------------------------+
//     queued --stage--> uploading --import--> importing --> active
//
// Bytes are kept by the hash of their content, once for all images that have it. An image refers to a hash before
// the bytes are put there, and bytes are removed only when no image refers to them; a reconciler removes what an
// interrupted process leaves. An upload holds a lease that it renews: when that runs out the image is queued again.

internal import Core
public import Store

/// All tables of glance.
public let glanceSchema = Schema(
  "glance",
  tables: [
    Image.table, ImagePlace.table, ImageMember.table, DeletedImage.table, ImageTask.table, CachedImage.table,
    ImageNode.table,
    MetadefNamespace.table,
    MetadefItem.table,
    MetadefResourceType.table,
    MetadefAssociation.table, MetadefLoading.table,
  ])

/// What an operator may choose.
public struct GlanceOptions: Sendable {
  /// The largest image, in bytes (upstream's `image_size_cap`).
  public var imageSizeCap = 1 << 40
  /// The images of a page when the client names no number (upstream's `limit_param_default`).
  public var pageSize = 25
  /// The most images of a page (upstream's `api_limit_max`).
  public var pageLimit = 1000
  /// The most of each that one image has; a negative number is no limit.
  public var imagePropertyQuota = 128
  public var imageTagQuota = 128
  public var imageMemberQuota = 128
  /// The most places in which one image stays; a negative number is no limit.
  public var imageLocationQuota = 10
  /// The most bytes that one project's images take, each copy counted; 0 is no limit.
  public var userStorageQuota = 0
  /// Whether the places of images' bytes are shown, and may be said (upstream's `show_multiple_locations`).
  public var showsLocations = false
  /// Whether the first place is shown (upstream's `show_image_direct_url`).
  public var showsDirectURL = false
  /// Whether data that stays elsewhere is read and hashed when its place is named (upstream's `do_secure_hash`).
  public var hashesLocations = true
  /// Whether data must be of the format that its image declares (upstream's `require_image_format_match`).
  public var requiresFormatMatch = true
  /// Which properties are not for everybody; nil where all are.
  public var protections: PropertyProtections?
  /// The ways to import that are offered (upstream's `enabled_import_methods`).
  public var importMethods = ["glance-direct", "web-download", "copy-image"]
  public var imports = ImportOptions()
  public init() {}

  /// - Throws: `tooLarge` for more bytes than an image may have.
  public func capped(_ size: Int) throws -> Int {
    guard size <= imageSizeCap else {
      throw Fault(.tooLarge, "The image is too large: it has \(size) bytes, the limit is \(imageSizeCap).")
    }
    return size
  }
}
