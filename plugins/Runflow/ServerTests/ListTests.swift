// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct ListTests {
  @Test func runsAreFoundByTheirReferenceExactly() async throws {
    try await withServer { client in
      let image = try await client.upload([1])
      for ref in ["app:1", "app:10", "APP:1"] { _ = try await client.post(resizeRuns, client.order(image, ref: ref)) }
      let path =
        "/v1/runs?q=client_ref.EQ%3A%27app%3A1%27&fields=id,status_code,client_ref&sort_by=created_at:asc&limit=2"
      let found = try await client.get(path).json
      #expect(found["items"]?.items?.map { $0["client_ref"]?.text } == ["app:1"])
      #expect(found["items"]?[0]?.members?.map(\.name) == ["id", "status_code", "client_ref"])
      #expect(found["next"]?.isNull == true)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 500])
  func pagesHoldEveryRunOnceInBothDirections(limit: Int) async throws {
    try await withServer { client in
      let image = try await client.upload([1])
      var made: [String] = []
      for index in 0..<7 {
        made.append(try await client.post(resizeRuns, client.order(image, ref: "r\(index)")).json["id"]?.text ?? "")
      }
      var seen: [String] = []
      var last: JSON = .null
      var cursor: String?
      repeat {
        let pq = cursor.map { "&pq=\($0)" } ?? ""
        last = try await client.get("/v1/runs?sort_by=created_at:asc&limit=\(limit)\(pq)").json
        seen += last["items"]?.items?.compactMap { $0["id"]?.text } ?? []
        cursor = last["next"]?.text
      } while cursor != nil
      #expect(seen == made)
      var back = last["items"]?.items?.compactMap { $0["id"]?.text } ?? []
      cursor = last["previous"]?.text
      while let here = cursor {
        let page = try await client.get("/v1/runs?sort_by=created_at:asc&limit=\(limit)&pq=\(here)&from_prev=true").json
        back = (page["items"]?.items?.compactMap { $0["id"]?.text } ?? []) + back
        cursor = page["previous"]?.text
      }
      #expect(back == made)
    }
  }

  @Test(arguments: [
    ("status_code:succeeded AND created_at>2026-04-01", "(COALESCE(status, '') = ? AND COALESCE(createdAt, 0) > ?)"),
    ("client_ref.EQ:'a b'", "COALESCE(clientRef, '') = ?"),
    ("client_ref.eq:'O AND x:1'", "COALESCE(clientRef, '') = ?"),
    (
      "NOT (status_code=failed OR status_code!=queued)", "NOT ((COALESCE(status, '') = ? OR COALESCE(status, '') != ?))"
    ),
    ("created_at>=2026-04-01T10:00:00Z", "COALESCE(createdAt, 0) >= ?"),
    ("client_ref:app:1", "COALESCE(clientRef, '') = ?"),
  ])
  func filtersBecomeSQLWithoutTheirValues(text: String, sql: String) throws {
    #expect(try ListFilter(text, fields: RunRoutes.fields).sql == sql)
  }

  @Test(arguments: [
    "client_ref", "client_ref.LIKE:'x'", "metadata.EQ:'x'", "client_ref.EQ:'x", "(status_code:a", "status_code:a b",
    "status_code:a AND", "created_at>soon", "client_ref.EQ='x'", "'; DROP TABLE run; --", "a.b.c:d",
    String(repeating: "(", count: 40) + "status_code:a" + String(repeating: ")", count: 40),
    String(repeating: "NOT ", count: 100) + "status_code:a",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(throws: WireFailure.self) { try ListFilter(text, fields: RunRoutes.fields) }
  }

  @Test func everyPrefixOfAFilterEitherReadsOrIsRefused() {
    let text = "NOT (client_ref.EQ:'app:1' OR status_code:failed) AND created_at>=2026-04-01T10:00:00+02:00"
    for end in text.indices { _ = try? ListFilter(String(text[..<end]), fields: RunRoutes.fields) }  // no trap
  }

  @Test(arguments: [
    "limit=0", "limit=501", "limit=x", "sort_by=metadata:asc", "sort_by=id:up", "pq=nonsense", "q=%27", "from_prev=2",
  ])
  func aBadQueryIsA422(query: String) async throws {
    try await withServer { client in
      let reply = try await client.get("/v1/runs?\(query)")
      #expect(reply.status == 422)
      #expect(reply.json["errors"]?[0]?["loc"]?[0] == "query")
    }
  }
}
