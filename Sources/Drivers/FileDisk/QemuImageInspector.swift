internal import Core
public import Hardware
public import Host
internal import JSON

/// Looks into an image with our own eyes first and with `qemu-img info` second, the latter with one gigabyte of
/// memory and thirty seconds of CPU at most and told the format, since a crafted file can make it guess and swell.
public struct QemuImageInspector: ImageInspector {
  private let host: Host

  public init(host: Host = .real) { self.host = host }

  public func inspect(_ path: String, declared format: String) async throws -> ImageFacts {
    guard let status = try await host.status(path) else {
      throw Fault.notFound("The image's file is not there.")
    }
    let header = ImageHeader(try await host.readHead(path, count: ImageHeader.length), size: status.size)
    try header.check(declared: format)
    guard qemuFormat(header.format) != "raw" else { return ImageFacts(format: format, virtualSize: status.size) }
    let result = try await host.run(
      "prlimit",
      [
        "--as=1073741824", "--cpu=30", "qemu-img", "info", "--output=json", "-f", qemuFormat(header.format), path,
      ], timeout: .seconds(60), limit: 1 << 20)
    guard result.ok, let facts = try? JSON(parsing: result.stdout), let size = facts["virtual-size"]?.int else {
      let message =
        "The image cannot be read as \(format): it is damaged or not what its disk_format says. Check the file with "
        + "'qemu-img check' and upload it again."
      throw Fault(.badRequest, message, detail: result.fault.detail)
    }
    let data = facts["format-specific"]?["data"]
    guard facts["backing-filename"] == nil, facts["full-backing-filename"] == nil, data?["data-file"] == nil else {
      throw Fault.badRequest(
        "The image is refused because it names another file. Convert it to a stand-alone file (qemu-img convert) "
          + "and upload that.")
    }
    return ImageFacts(format: format, virtualSize: size)
  }
}
