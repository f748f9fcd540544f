// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import NIOCore

/// What Hummingbird keeps beside a request; ours is the connection, which faults close.
struct CallContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}
