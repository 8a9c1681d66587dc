import JSON
import Testing
import Text

@Suite("Addresses") struct TextAddressTests {
  // RFC 5952, sections 4 and 5, and RFC 4291, section 2.2.
  @Test(arguments: [
    ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::A", "2001:db8::a"), ("::", "::"), ("::1", "::1"),
    ("1::", "1::"), ("0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::13.1.68.3", "::d01:4403"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("10.0.0.1", "10.0.0.1"), ("255.255.255.255", "255.255.255.255"),
  ]) func canonical(text: String, canonical: String) {
    #expect(IPAddress(text)?.text == canonical)
    #expect(IPAddress(canonical) == IPAddress(text))
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "1.2.3.4 ", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::",
    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "g::", "::1%eth0", "1.2.3.4::", "::+1", "1:2:3:4:5:6:7:", "::1.2.3",
  ]) func refuses(text: String) { #expect(IPAddress(text) == nil) }

  @Test func arithmeticStaysWithinTheVersion() throws {
    let last = try #require(IPAddress("255.255.255.255"))
    #expect(last.advanced(by: 1) == nil)
    #expect(last.advanced(by: -256)?.text == "255.255.254.255")
    #expect(IPAddress("::ffff")?.advanced(by: 1)?.text == "::1:0")
    #expect(IPAddress("::")?.advanced(by: -1) == nil)
    #expect(IPAddress(bytes: last.bytes) == last)
    let first = try #require(IPAddress("::"))
    #expect(last < first)
  }

  @Test(arguments: [
    ("10.0.0.0/24", "10.0.0.0", "10.0.0.255", "10.0.0.1", "10.0.0.254"),
    ("10.0.0.77/30", "10.0.0.76", "10.0.0.79", "10.0.0.77", "10.0.0.78"),
    ("10.0.0.1/31", "10.0.0.0", "10.0.0.1", "10.0.0.0", "10.0.0.1"),
    ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"),
    ("10.0.0.0/255.255.0.0", "10.0.0.0", "10.0.255.255", "10.0.0.1", "10.0.255.254"),
    ("fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", "fd00::1", "fd00::ffff:ffff:ffff:ffff"),
    ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ]) func blocks(text: String, first: String, last: String, low: String, high: String) throws {
    let block = try #require(CIDR(text))
    #expect(
      [block.first.text, block.last.text, block.hosts.first.text, block.hosts.last.text] == [first, last, low, high])
  }

  @Test func strictBlocksStartAtTheirNetwork() {
    #expect(CIDR(strict: "10.0.0.0/24")?.netmask.text == "255.255.255.0")
    for text in ["10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/255.0.255.0", "x/8"] {
      #expect(CIDR(strict: text) == nil)
    }
  }

  @Test func blocksContainAndOverlap() throws {
    let wide = try #require(CIDR("10.0.0.0/8"))
    let narrow = try #require(CIDR("10.1.0.0/16"))
    let other = try #require(CIDR("11.0.0.0/8"))
    let six = try #require(CIDR("::/0"))
    #expect(wide.contains(narrow) && !narrow.contains(wide) && narrow.overlaps(wide) && !wide.overlaps(other))
    #expect(!six.overlaps(wide) && !six.contains(wide.first))
    #expect(wide.subnet(3, prefix: 16)?.text == "10.3.0.0/16" && wide.subnet(256, prefix: 16) == nil)
    let mac = try #require(MACAddress("fa:16:3e:01:02:03"))
    #expect(CIDR("2001:db8::/64")?.eui64(mac)?.text == "2001:db8::f816:3eff:fe01:203")
    #expect([other, narrow, wide].sorted().map(\.text) == ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8"])
  }

  @Test func rangesAreSequences() throws {
    let first = try #require(IPAddress("255.255.255.253"))
    let last = try #require(IPAddress("255.255.255.255"))
    let range = try #require(AddressRange(first, last))
    #expect(range.map(\.text) == ["255.255.255.253", "255.255.255.254", "255.255.255.255"] && range.count == 3)
    #expect(AddressRange(last, first) == nil)
  }

  @Test func hardwareAddresses() {
    #expect(MACAddress("FA-16-3E-00-00-01")?.text == "fa:16:3e:00:00:01")
    #expect(MACAddress("fa163e000001")?.text == "fa:16:3e:00:00:01")
    #expect(MACAddress(random: [1, 2, 3])?.text == "fa:16:3e:01:02:03")
    for text in ["", "fa:16:3e:00:00", "fa:16:3e:00:00:0g", "fa:16-3e:00:00:01", "f:a1:63:e0:00:001"] {
      #expect(MACAddress(text) == nil)
    }
    #expect(MACAddress("fa:16:3e:00:00:01")?.json == "fa:16:3e:00:00:01")
  }
}
