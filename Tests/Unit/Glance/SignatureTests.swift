import Core
import Crypto
import FakeHardware
import GlanceModel
import HTTP
import Host
import JSON
import Testing

/// Signed images, signed by OpenSSL's own program as its users sign them.
@Suite("Signed images", .enabled(if: ((try? BlockingFiles.list("/usr/bin")) ?? []).contains("openssl")))
struct SignatureTests {
  private struct Certificates: CertificateSource {
    let pem: [UInt8]
    func certificate(_ id: String) async throws -> [UInt8]? { id == SignatureTests.id ? pem : nil }
  }
  static let id = "5d8f2f2e-0c3f-4e7e-8a66-3f5d5b6ac001"
  private static let bytes = Array("the signed image".utf8)

  /// A certificate and a signature of the bytes.
  private func sign(_ key: [String], _ options: [String]) async throws -> (pem: [UInt8], signature: String) {
    let folder = "/tmp/mlt-test-signature-\(World.real.hexID())"
    try await Host.real.makeDirectory(folder)
    try await Host.real.runOK(
      "openssl",
      ["req", "-x509", "-newkey"] + key
        + ["-nodes", "-subj", "/CN=test", "-days", "2", "-keyout", folder + "/key", "-out", folder + "/cert"])
    try await Host.real.writeFile(folder + "/image", Self.bytes)
    try await Host.real.runOK(
      "openssl",
      ["dgst", "-sha256", "-sign", folder + "/key", "-out", folder + "/mark"] + options + [folder + "/image"])
    let pem = try await Host.real.readFile(folder + "/cert")
    let mark = try await Host.real.readFile(folder + "/mark")
    try await Host.real.remove(folder)
    return (pem, Base64.encode(mark))
  }

  private func upload(
    _ signed: (pem: [UInt8], signature: String), key: String, _ bytes: [UInt8] = bytes, id: String = id,
    world: World = .real
  ) async throws -> (status: Int, text: String, state: JSON?, kept: Int) {
    let backend = FakeImages()
    let cloud = try await ImageCloud(
      stores: ImageStores(single: backend), certificates: Certificates(pem: signed.pem), world: world)
    let image = try await cloud.image([
      "img_signature": .string(signed.signature), "img_signature_hash_method": "SHA-256",
      "img_signature_key_type": .string(key), "img_signature_certificate_uuid": .string(id),
    ])
    let answer = try await cloud.upload(image, .bytes(bytes))
    let state = try await cloud.ask("GET", "/v2/images/\(image)").json["status"]
    return (answer.status, answer.text, state, try await backend.list().count)
  }

  @Test func whatWasSignedIsTakenAndNothingElse() async throws {
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max"]
    let rsa = try await sign(["rsa:2048"], pss)
    #expect(try await upload(rsa, key: "RSA-PSS").state == "active")
    let curve = try await sign(["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"], [])
    #expect(try await upload(curve, key: "ECC_SECP384R1").state == "active")

    let changed = try await upload(rsa, key: "RSA-PSS", Self.bytes + [1])
    #expect(changed.status == 400 && changed.state == "queued" && changed.kept == 0)
    #expect(changed.text.contains("Signature verification failed"))
    #expect(try await upload(rsa, key: "ECC_SECP384R1").status == 400, "another kind of key")
    #expect(try await upload(rsa, key: "unknown").status == 400)
    let other = try await upload(rsa, key: "RSA-PSS", id: "5d8f2f2e-0c3f-4e7e-8a66-3f5d5b6ac002")
    #expect(other.status == 400 && other.text.contains("Certificate not found"))
    var later = World.real
    later.now = { Timestamp(microseconds: World.real.now().microseconds + 3 * 86_400_000_000) }
    let late = try await upload(rsa, key: "RSA-PSS", world: later)
    #expect(late.status == 400 && late.text.contains("not valid now"))
  }
}
