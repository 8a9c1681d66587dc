internal import CLinux
internal import Glibc
internal import Core

extension Host {
  /// The addresses of a host's name, as text, in the resolver's order.
  /// - Throws: `badRequest` when the name has none.
  public func addresses(of name: String) async throws -> [String] {
    try await Threads.programs.run {
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_flags = AI_ADDRCONFIG
      var first: UnsafeMutablePointer<addrinfo>?
      let result = getaddrinfo(name, nil, &hints, &first)
      guard result == 0 else {
        throw Fault(
          .badRequest, "The host \(name) cannot be found. Check the name.",
          detail: "getaddrinfo: \(String(cString: gai_strerror(result)))")
      }
      defer { freeaddrinfo(first) }
      var addresses: [String] = []
      var next = first
      while let entry = next {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        if getnameinfo(
          entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
        {
          let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
          if !addresses.contains(address) { addresses.append(address) }
        }
        next = entry.pointee.ai_next
      }
      return addresses
    }
  }
}
