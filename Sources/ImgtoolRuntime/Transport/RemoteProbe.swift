// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import ImgtoolCore
internal import ImgtoolProbe

/// Reads the header of an image on another host without fetching the image.
public enum RemoteProbe {
  /// How much is asked for: headers with an ICC profile and EXIF fit.
  static let span = 256 << 10

  /// The facts of an image by address, from a ranged GET (RFC 9110 §14.2).
  ///
  /// - Returns: nothing where the host does not answer ranges, or the beginning does not tell.
  /// - Throws: `.input` for an address that does not answer with an image, `.backend` and `.timeout` for a host that
  ///   cannot be reached; addresses outside the public Internet are refused.
  public static func facts(of address: WebAddress, over transport: any Transport) async throws(ImgtoolError)
    -> ImageFacts?
  {
    let request = TransportRequest(
      .get, address, fields: [.range: "bytes=0-\(span - 1)"], maximumAnswer: ByteCount(span), isRepeatable: true,
      reach: .publicOnly)
    let answer: TransportAnswer
    do {
      answer = try await transport.send(request)
    } catch  where error.cause == .tooLarge {
      return nil
    } catch {
      throw error.error
    }
    guard answer.isSuccess else {
      throw ImgtoolError(.input, "\(address) answers \(answer.status.code) instead of an image.")
    }
    do {
      return try Probe.facts(of: answer.body)
    } catch {
      // The beginning of a file may end before its header does; a whole file that is no image is an error.
      guard answer.status.code == 206 else { throw error }
      return nil
    }
  }
}
