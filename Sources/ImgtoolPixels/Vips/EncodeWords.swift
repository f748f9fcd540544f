// SPDX-License-Identifier: Apache-2.0

import CVips
import ImgtoolCore

extension EncodeOptions.Subsampling {
  var mode: VipsForeignSubsample {
    switch self {
    case .auto: VIPS_FOREIGN_SUBSAMPLE_AUTO
    case .on: VIPS_FOREIGN_SUBSAMPLE_ON
    case .off: VIPS_FOREIGN_SUBSAMPLE_OFF
    }
  }
}

extension EncodeOptions.TIFFCompression {
  var method: VipsForeignTiffCompression {
    switch self {
    case .none: VIPS_FOREIGN_TIFF_COMPRESSION_NONE
    case .jpeg: VIPS_FOREIGN_TIFF_COMPRESSION_JPEG
    case .deflate: VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE
    case .packbits: VIPS_FOREIGN_TIFF_COMPRESSION_PACKBITS
    case .lzw: VIPS_FOREIGN_TIFF_COMPRESSION_LZW
    case .zstd: VIPS_FOREIGN_TIFF_COMPRESSION_ZSTD
    case .webp: VIPS_FOREIGN_TIFF_COMPRESSION_WEBP
    }
  }
}
