// The placement API: one table of rows a resource, each in the file named for it.
//
// Only administrators and services may ask, but for a project's own usages. Bodies and answers change with the
// microversion (1.0 to 1.39) as upstream's do; what is true of providers and claims is decided in PlacementModel.

public import API
public import Core
internal import HTTP
internal import JSON
internal import PlacementModel
public import Store

/// The placement service: its store and its clock.
public struct Placement: Sendable {
  let store: Store
  let world: World
  let known = KnownProviders()

  public init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  /// The whole API, to be served at the root of its endpoint.
  public func api() -> APIService {
    let tables = [
      Self.rootRoutes, Providers.routes, Inventories.routes, Traits.routes, ResourceClasses.routes, Aggregates.routes,
      Allocations.routes, Usages.routes, AllocationCandidates.routes, Reshaper.routes,
    ]
    return APIService(
      "placement", faults: .placement, microversions: Self.microversions,
      routes: tables.flatMap { $0.bound(to: self, at: [""]) })
  }

  private static let rootRoutes = Routes(
    rules: "placement:", of: Placement.self,
    [.get("/", "root", root, allow: .open)])

  /// The version document, which needs no token.
  private static func root(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let version: JSON = [
      "id": .string("v\(microversions.minimum)"), "max_version": .string("\(microversions.maximum)"),
      "min_version": .string("\(microversions.minimum)"), "status": "CURRENT",
      "links": [["rel": "self", "href": ""]],
    ]
    return call.answer(["versions": [version]])
  }

  static let microversions = Microversions(
    serviceType: "placement",
    [
      .version("1.0", "Providers, inventories, usages and allocations."),
      .version("1.1", "Aggregates of providers."),
      .version("1.2", "Custom resource classes."),
      .version("1.3", "Providers by aggregate: member_of."),
      .version("1.4", "Providers by what they have room for: resources."),
      .version("1.5", "All inventories of a provider deleted at once."),
      .version("1.6", "Traits."),
      .version("1.7", "PUT of a resource class may be repeated."),
      .version("1.8", "Allocations name their project and user."),
      .version("1.9", "Usages of a project."),
      .version("1.10", "Allocation candidates."),
      .version("1.11", "Providers link to their allocations."),
      .version("1.12", "Allocations are keyed by provider."),
      .version("1.13", "Allocations of several consumers at once."),
      .version("1.14", "Trees of providers."),
      .version("1.15", "Last-Modified and Cache-Control."),
      .version("1.16", "A limit of candidates."),
      .version("1.17", "Candidates by trait, and traits in summaries."),
      .version("1.18", "Providers by trait."),
      .version("1.19", "Aggregates heed the provider's generation."),
      .version("1.20", "POST of a provider answers with it."),
      .version("1.21", "Candidates by aggregate."),
      .version("1.22", "Forbidden traits."),
      .version("1.23", "Errors have a code."),
      .version("1.24", "member_of may be repeated."),
      .version("1.25", "Groups of resources, each from one provider."),
      .version("1.26", "All of an inventory may be reserved."),
      .version("1.27", "Summaries have every class of their provider."),
      .version("1.28", "Consumers have generations."),
      .version("1.29", "Candidates in trees of providers."),
      .version("1.30", "Inventories and allocations moved at once: the reshaper."),
      .version("1.31", "Candidates in one tree."),
      .version("1.32", "Forbidden aggregates."),
      .version("1.33", "Suffixes of groups may be words."),
      .version("1.34", "Candidates say which provider serves which group."),
      .version("1.35", "Traits of the root."),
      .version("1.36", "Groups in one subtree."),
      .version("1.37", "Providers may change their parent."),
      .version("1.38", "Consumers have types."),
      .version("1.39", "Any of several traits."),
    ])
}
