// SPDX-License-Identifier: Apache-2.0
import RunflowServer
import Testing
