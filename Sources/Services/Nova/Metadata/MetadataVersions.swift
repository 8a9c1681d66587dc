// NovaMetadata: what a guest is told about itself at 169.254.169.254 and on its config drive.
//
// Everything is a pure function of facts (`MetadataFacts`): the server's record and what the network service says of
// its ports. The same documents are served by HTTP and written to the config drive, in two layouts: OpenStack's, which
// cloud-init prefers, and EC2's of 2009-04-04, which small images know. Guests cannot be trusted: who asks is found by
// where the request came in and from which address, never by what it says, and a wrong answer is always 404.

/// The dates by which guests ask for a layout that will not change under them.
enum MetadataVersions {
  /// EC2's, oldest first; each only adds to the one before.
  static let ec2 = [
    "1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01",
    "2009-04-04",
  ]
  /// OpenStack's, oldest first.
  static let openstack = [
    "2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2016-10-06", "2017-02-22", "2018-08-27",
    "2020-10-14",
  ]
  static let latest = "latest"

  /// The date that a guest's word stands for; nil for an unknown one.
  static func resolve(_ version: String, of known: [String]) -> String? {
    version == latest ? known.last : known.contains(version) ? version : nil
  }
}
