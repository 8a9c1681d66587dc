#if RBD
  internal import Core
  internal import Glibc

  extension Fault {
    /// What an error of Ceph's libraries means to us; they are errno's numbers below zero.
    static func ceph(_ result: Int32, _ what: String, _ place: RBDImages.Place) -> Fault {
      let detail = said(result, what, place)
      switch -result {
      case ENOSPC, EDQUOT: return Fault(.outOfSpace, "The image store is full.", detail: detail)
      case EBUSY, ENOTEMPTY:
        return Fault(
          .conflict,
          "The image's bytes are in use: somebody reads them, or volumes were cloned from them. They can be removed "
            + "when those are gone.", detail: detail)
      case EACCES, EPERM:
        return .unavailable(
          "Ceph does not let the image service do what it must. An administrator must give its user the caps "
            + "'profile rbd' for mon and for osd, the latter on the pool.", detail: detail)
      case ETIMEDOUT:
        return .unavailable(
          "The image store's Ceph cluster does not answer. Whoever runs it must see why; then try again.",
          detail: detail)
      case ESHUTDOWN:
        return Fault(
          .unavailable, "The image store's Ceph cluster has shut this connection out. Try again.", detail: detail,
          code: CephPool.shutOut)
      default:
        return .unavailable(
          "The image store's Ceph cluster did not do what it was asked. Try again; if it lasts, its log tells why.",
          detail: detail)
      }
    }

    static func configurationMissing(_ result: Int32, _ place: RBDImages.Place) -> Fault {
      .unavailable(
        "The image service cannot read Ceph's configuration. An administrator must correct rbd_store_ceph_conf.",
        detail: said(result, "read \(place.configuration.isEmpty ? "ceph.conf" : place.configuration)", place))
    }

    static func refused(_ result: Int32, _ user: String, _ place: RBDImages.Place) -> Fault {
      if result == -ETIMEDOUT { return ceph(result, "connect as \(user)", place) }
      return .unavailable(
        "The image store's Ceph cluster does not let the image service in. An administrator must check "
          + "rbd_store_user and that its keyring can be read.", detail: said(result, "connect as \(user)", place))
    }

    static func poolMissing(_ result: Int32, _ place: RBDImages.Place) -> Fault {
      guard result == -ENOENT else { return ceph(result, "open the pool", place) }
      return .unavailable(
        "The image store's Ceph cluster has no pool '\(place.pool)'. An administrator must make it (ceph osd pool "
          + "create, rbd pool init) or correct rbd_store_pool.", detail: said(result, "open the pool", place))
    }

    private static func said(_ result: Int32, _ what: String, _ place: RBDImages.Place) -> String {
      "rbd: pool \(place.pool): \(what): \(String(cString: strerror(-result))) (\(-result))"
    }
  }
#endif
