import FuzzBodies
import Glibc
import Testing

@Suite("Fuzz: corpus") struct FuzzCorpusTests {
  @Test(arguments: FuzzTarget.all) func everyPropertyHolds(target: FuzzTarget) {
    let corpus = Corpus.of(target)
    #expect(!corpus.isEmpty, "Tests/Fuzz/Corpus/\(target.name) has no seed")
    for seed in corpus { check(target, seed.bytes, seed.name) }
    var mutator = Mutator(seeds: corpus.map(\.bytes), length: target.length, state: 20_261_121)
    for n in 0..<target.mutations {
      let bytes = mutator.next()
      if !check(target, bytes, "mutation \(n)") { return }
    }
  }

  @discardableResult
  private func check(_ target: FuzzTarget, _ bytes: [UInt8], _ what: String) -> Bool {
    do {
      try target.run(bytes)
      return true
    } catch {
      let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      Issue.record("\(target.name), \(what): \(error); the input in hexadecimal: \(hex)")
      return false
    }
  }

  @Test func everyCorpusHasItsTargetAndStaysSmall() {
    let folders = Set(Corpus.list("").map(\.name))
    #expect(folders == Set(FuzzTarget.all.map(\.name)))
    for target in FuzzTarget.all {
      let corpus = Corpus.of(target)
      #expect(corpus.count <= 60, "\(target.name): \(corpus.count) files; keep what shows something")
      for seed in corpus { #expect(seed.bytes.count <= 4096, "\(target.name)/\(seed.name): \(seed.bytes.count) bytes") }
    }
  }
}
