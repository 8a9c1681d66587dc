extension String {
  /// Whether it is one of oslo's words for true; anything else is false.
  var saysTrue: Bool { ["1", "t", "true", "on", "y", "yes"].contains(lowercased().filter { !$0.isWhitespace }) }
}
