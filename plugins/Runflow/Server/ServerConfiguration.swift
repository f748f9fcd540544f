// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Everything a server is told when it is made; nothing is read from the environment later.
public struct ServerConfiguration: Sendable {
  /// Who may call.
  public enum Keys: Sendable, Hashable {
    /// Any well-formed key, `rf_live_…` or `rf_svc_…`; all of them are one organisation.
    case any
    /// These tokens only, each with the name of its organisation.
    case listed([String: String])
  }

  /// The address to listen on; anything but loopback must be asked for.
  public var host = "127.0.0.1"
  /// 0 for a port the system chooses, see `RunflowServer.baseURL()`.
  public var port = 8787
  /// The folder of the database and the files; made when absent, held by one process at a time.
  public var data: String
  public var keys = Keys.any
  /// What an organisation starts with when it is first seen.
  public var openingBalance = Money.cents(100_000)
  /// The base of signed URLs where a proxy stands in front, such as "https://images.example"; no slash at the end.
  public var publicURL: String?
  /// Whether inputs may be fetched over HTTP, from any port, and from private, link-local and loopback addresses.
  public var allowsPrivate = false
  /// Whether callbacks may go to loopback over HTTP; nothing for "when the server itself listens on loopback".
  public var allowsLoopbackCallbacks: Bool?
  /// Runs carried out at the same time.
  public var workers = 2
  /// Inputs fetched at the same time by runs that gave up their place for it; further ones are fetched in their places.
  ///
  /// Each may hold ``Limits/inputBytes`` of memory.
  public var fetches = 8
  /// How long one run may take.
  public var runTimeout = Duration.seconds(600)
  /// How long runs in flight are given to finish when the server stops; then they are queued again for next time.
  public var drainTime = Duration.seconds(10)
  /// How results are encoded; nothing for WebP as at Runflow.
  public var encoding: EncodeOptions?
  /// Whether the fault desk at `/_faults` exists.
  ///
  /// Never in production.
  public var hasFaults = false
  public var limits = Limits()

  /// A configuration for one data folder; loopback, port 8787, any key.
  public init(data: String) { self.data = data }

  /// Bounds on what callers send and name.
  public struct Limits: Sendable {
    /// The largest JSON body, inline images included.
    public var bodyBytes = ByteCount.mebibytes(16)
    /// The largest upload, 52,428,800 bytes as at Runflow.
    public var uploadBytes = ByteCount(52_428_800)
    /// The largest input fetched from a URL.
    public var inputBytes = ByteCount(52_428_800)
    /// How long one fetch may take in all.
    public var inputTime = Duration.seconds(30)
    public var zipEntries = 100
    /// All entries of a zip together, unpacked.
    public var zipBytes = ByteCount.mebibytes(256)
    /// Runs waiting or running; one more is answered 429.
    public var queuedRuns = 20_000

    public init() {}
  }
}
