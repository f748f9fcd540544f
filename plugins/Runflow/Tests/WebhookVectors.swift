// SPDX-License-Identifier: Apache-2.0

/// Bodies of callbacks and their digests under `secret`, worked out with another implementation of HMAC.
enum WebhookVectors {
  static let secret = "whsec_TESTONLY_7f3c2a9b5d1e4086"
  static let all: [(body: String, digest: String)] = [
    (
      #"""
      {"event":"run.completed","run_id":"01995f3a-7c10-7b42-9d55-2f6a1c0e8b11","status":"succeeded","output":{"outputs":[{"url":"https://files.example.test/outputs/01995f3a/result.webp?X-Amz-Expires=259200&X-Amz-Signature=deadbeef","type":"image"}],"seed":null,"timing":null,"nsfw_detected":null},"duration_ms":34120,"created_at":"2026-09-18T09:14:02.118000+00:00","completed_at":"2026-09-18T09:14:36.238000+00:00","metadata":{"job":"j-204","page":3}}
      """#,
      "0a61e4a79f9e2f75f034452578aec5164e83af2ce3b314b9eab0f7226de67438"
    ),
    (
      #"""
      {"event":"run.failed","run_id":"01995f3b-02de-7c91-8a07-5f0b9b6f4d22","status":"failed","output":null,"duration_ms":8123,"created_at":"2026-09-18T09:15:00.500000+00:00","completed_at":"2026-09-18T09:15:08.623000+00:00","metadata":{"job":"j-204","page":4}}
      """#,
      "1aa5605436e8d37e6dfcf3e1cd01022d78bae694b07f5e0e1f176c2e0efc6b68"
    ),
    (
      #"""
      {"event":"run.failed","run_id":"01995f3b-02de-7c91-8a07-5f0b9b6f4d22","status":"failed","output":{"code":"MODEL_UNAVAILABLE","message":"No worker accepted the job."},"duration_ms":8123,"created_at":"2026-09-18T09:15:00+00:00","completed_at":"2026-09-18T09:15:08+00:00","metadata":null}
      """#,
      "6f2c7f2870c76a2e709450a11fbb3991f0c4f8aa8cebdaad9ed7d598ea2b8e89"
    ),
    (
      #"""
      {"event":"run.cancelled","run_id":"01995f3b-9aa4-7d3e-b1c6-0c5d7e8f9a33","status":"cancelled","output":null,"duration_ms":null,"created_at":"2026-09-18T09:16:10.000000+00:00","completed_at":"2026-09-18T09:16:41.000000+00:00","metadata":null}
      """#,
      "daf378d80fb473baa74977cd45bfbfa2c91727d03c4be1ae5b8d597affd9a0fe"
    ),
    (
      #"""
      {"event":"run.completed","run_id":"01995f3a-7c10-7b42-9d55-2f6a1c0e8b11","status":"succeeded"}
      """#,
      "ec28d281e941330a23ae855cf4ab20e4bfa43e4f99c142b69b0292e0a33180e5"
    ),
    (
      #"""
      {"event": "run.completed", "run_id": "01995f3a-7c10-7b42-9d55-2f6a1c0e8b11", "status": "succeeded"}
      """#,
      "a77ef55e68bb89e65298891fe00386fa2e9229b845e73a06665ab5d288e9252e"
    ),
    (
      #"""
      {"metadata":{"title":"Düne 砂"},"run_id":"01995f3a-7c10-7b42-9d55-2f6a1c0e8b11"}
      """#,
      "a845d56f14eb41fedcd33e2c3ebe5812aefde177a622d03173adf8c3e96ad7c0"
    ),
  ]
}
