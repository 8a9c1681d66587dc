import Core
import Testing

@Suite("Core: stored properties") struct CoreStoredPropertyTests {
  struct Inner: Equatable {
    var name = ""
    var number: Int?
  }
  struct Outer: Equatable {
    var flag = false
    var inner = Inner()
    var list: [String] = []
    var shout: String {
      get { inner.name.uppercased() }
      set { inner.name = newValue.lowercased() }
    }
  }

  private func read<V>(_ path: any KeyPath<Outer, V> & Sendable, _ outer: Outer) -> V {
    withUnsafePointer(to: outer) { StoredProperty(path).read($0) }
  }
  private func written<V>(_ path: any KeyPath<Outer, V> & Sendable, _ value: V, in outer: Outer) -> Outer {
    var outer = outer
    withUnsafeMutablePointer(to: &outer) { StoredProperty(path).write(value, to: $0) }
    return outer
  }

  @Test func whatIsStoredIsReadAndWrittenInPlace() {
    let outer = Outer(flag: true, inner: Inner(name: "a name that is not small", number: 7), list: ["x", "y"])
    #expect(read(\.inner.name, outer) == outer.inner.name)
    #expect(read(\.inner.number, outer) == 7)
    #expect(read(\.list, outer) == ["x", "y"])
    #expect(read(\.self, outer) == outer)
    let other = written(\.inner.number, nil, in: written(\.list, ["a name that is not small either"], in: outer))
    #expect(other == Outer(flag: true, inner: Inner(name: outer.inner.name), list: ["a name that is not small either"]))
    #expect(outer.list == ["x", "y"], "what was copied before is left alone")
    #expect(StoredProperty(\Outer.self).offset == 0)
  }

  @Test func whatIsComputedGoesByItsPath() {
    let outer = Outer(inner: Inner(name: "abc"))
    #expect(StoredProperty(\Outer.shout).offset == nil)
    #expect(read(\.shout, outer) == "ABC")
    #expect(written(\.shout, "XYZ", in: outer).inner.name == "xyz")
    #expect(read(\.list.count, outer) == 0)
  }
}
