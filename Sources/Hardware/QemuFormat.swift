/// QEMU's name of a format of glance. What is plain bytes is told to its tools as such, and never guessed.
public func qemuFormat(_ format: String) -> String {
  switch format {
  case "vhd": "vpc"
  case "ploop": "parallels"
  case "iso", "gpt", "luks", "ami", "aki", "ari": "raw"
  default: format
  }
}
