// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import ImgtoolCore
import RunflowBackend

/// Runs the service on a folder: `RUNFLOW_API_KEY=… RUNFLOW_CALLBACK_SECRETS=… picture-service data 8080`.
@main
struct Main {
  static func main() async throws {
    let (arguments, environment) = (CommandLine.arguments, ProcessInfo.processInfo.environment)
    guard arguments.count == 3, let port = Int(arguments[2]) else {
      throw ImgtoolError(.usage, "Give a folder for the data and a port.")
    }
    guard let runflow = try RunflowConfiguration.reading(environment: environment),
      let webhooks = try RunflowWebhooks.reading(environment: environment)
    else { throw ImgtoolError(.credentials, "A key and a callback secret of Runflow are needed.") }
    let service = try await PictureService(
      folder: arguments[1], runflow: runflow, webhooks: webhooks, dailyBudget: .cents(10_00))
    try await service.orders.start()
    let application = Application(
      router: service.router(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)))
    try await application.runService()
  }
}
