// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Crypto
import GRDB
import HTTPTypes
import Hummingbird
import ImgtoolCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
