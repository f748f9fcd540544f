// SPDX-License-Identifier: Apache-2.0

/// What a page looks like, and the little that moves in it.
enum PageStyle {
  static let sheet: HTML = """
    :root{--ink:#1b1f24;--soft:#5b6570;--line:#d9dee4;--paper:#f6f7f9;--card:#fff;--accent:#2563eb;--new:#e8580c;
    --pass:#13773d;--note:#2563eb;--warn:#a15c00;--fail:#c0222f;--hatch:#e3e7ec;--hatch2:#eef1f4}
    @media(prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa4af;--line:#2d343c;--paper:#101316;--card:#181c21;
    --accent:#7aa7ff;--new:#ff8a4a;--pass:#5fd08b;--note:#7aa7ff;--warn:#f0b455;--fail:#ff7b82;--hatch:#20262c;
    --hatch2:#191e23}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
    "Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
    main{max-width:1180px;margin:0 auto;padding:28px 28px 64px}
    header{display:grid;grid-template-columns:1fr auto;align-items:center;gap:2px 20px;margin-bottom:20px}
    .tool{grid-column:1/-1;margin:0;color:var(--soft);font-size:13px;letter-spacing:.02em}
    .tool span{color:var(--ink);font-weight:600}
    h1{font-size:22px;line-height:1.3;margin:0;font-weight:650;overflow-wrap:anywhere;letter-spacing:-.01em}
    .arrow{color:var(--soft);font-weight:400}
    h2{font-size:14px;margin:0 0 10px;font-weight:650}
    .verdict{margin:0;padding:7px 14px 7px 12px;border-radius:99px;font-weight:600;display:flex;gap:9px;
    align-items:center;border:1px solid;white-space:nowrap}
    .verdict i{width:9px;height:9px;border-radius:50%;background:currentColor}
    .pass{color:var(--pass)}.note{color:var(--note)}.warn{color:var(--warn)}.fail{color:var(--fail)}
    section{margin:0 0 28px}
    figure{margin:0}
    figcaption,.empty{color:var(--soft);font-size:13px;margin-top:8px}
    .stage{width:min(100%,calc(76vh*var(--ratio)),max(var(--most),480px));min-width:min(100%,300px);margin:0 auto}
    .stage>img{max-width:100%;height:auto;max-height:76vh;display:block;border-radius:10px}
    .pair{position:relative;width:100%;overflow:hidden;border-radius:10px;--cut:50%;background:var(--hatch);
    box-shadow:0 0 0 1px var(--line)}
    .pair:focus-within{box-shadow:0 0 0 3px var(--accent)}
    .pair img{display:block}
    .pair>img,.pair>svg,.before{position:absolute;inset:0;width:100%;height:100%}
    .before{clip-path:inset(0 calc(100% - var(--cut)) 0 0);
    background:repeating-linear-gradient(135deg,var(--hatch) 0 9px,var(--hatch2) 9px 18px)}
    .before img{position:absolute}
    .pair>svg,.pair>.layer,.bar,.tag{pointer-events:none}
    .pair .layer{display:none}
    .shows-new .new.layer,.shows-points .points.layer,.shows-skin .skin.layer,.shows-change .change.layer{display:block}
    .new.layer{fill:var(--new);fill-opacity:.26}
    .skin.layer{opacity:.62}
    .points path{fill:none;stroke-linecap:round;stroke-width:9px;vector-effect:non-scaling-stroke;stroke:#12b765}
    .points .miss{stroke:#f5364a}
    .points{filter:drop-shadow(0 0 1px #000)}
    .bar{position:absolute;top:0;bottom:0;left:var(--cut);width:2px;margin-left:-1px;background:#fff;
    box-shadow:0 0 0 1px #0005}
    .bar i{position:absolute;top:50%;left:50%;width:40px;height:40px;margin:-20px;border-radius:50%;background:#fff;
    box-shadow:0 1px 6px #0006}
    .bar i::before{content:"";position:absolute;inset:13px 9px;
    background:linear-gradient(#333,#333) 50% 50%/2px 100% no-repeat;
    border-left:2px solid #333;border-right:2px solid #333;transform:none;border-radius:1px}
    .tag{position:absolute;top:12px;padding:2px 9px;border-radius:99px;background:#000a;color:#fff;font-size:12px}
    .tag.left{left:12px}.tag.right{right:12px}
    .pair input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:ew-resize;
    -webkit-appearance:none;appearance:none;touch-action:pan-y}
    .pair input::-webkit-slider-thumb{-webkit-appearance:none;width:1px;height:100%}
    .pair input::-moz-range-thumb{width:1px;border:0;height:100%}
    .switches{display:flex;flex-wrap:wrap;gap:8px;margin-bottom:12px}
    .switches label{display:flex;align-items:center;gap:7px;padding:5px 12px 5px 9px;border:1px solid var(--line);
    border-radius:99px;background:var(--card);font-size:13px;cursor:pointer}
    .switches label:hover{border-color:var(--soft)}
    .switches input{accent-color:var(--accent);margin:0;width:15px;height:15px}
    .swatch{width:12px;height:12px;border-radius:3px;display:inline-block}
    .swatch.new{background:var(--new);opacity:.7}.swatch.points{background:#12b765;border-radius:50%}
    .swatch.skin{background:#2f80ed}.swatch.change{background:#eb283c}
    .swatch.ordered{border:2px dashed var(--accent)}.swatch.found{border:2px solid var(--new)}
    .look{display:flex;flex-wrap:wrap;gap:22px 36px;justify-content:center;align-items:flex-start}
    .look .stage{flex:0 0 auto}
    .frame svg{display:block;width:100%;max-height:340px;border-radius:10px;
    background:repeating-linear-gradient(135deg,var(--hatch) 0 9px,var(--hatch2) 9px 18px)}
    .frame{max-width:720px;flex:1 1 340px;min-width:0}
    .frame rect{fill:none;vector-effect:non-scaling-stroke}
    .frame .found{stroke:var(--new);stroke-width:3px}
    .frame .ordered{stroke:var(--accent);stroke-width:3px;stroke-dasharray:9 6}
    .key{display:flex;gap:20px;flex-wrap:wrap}.key span{display:flex;gap:7px;align-items:center}
    .scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card)}
    table{border-collapse:collapse;width:100%;font-size:14px}
    th{text-align:left;color:var(--soft);font-weight:500;font-size:12px;padding:9px 14px;white-space:nowrap}
    td{padding:8px 14px;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;color:var(--ink)}
    td:first-child{width:1%}td:nth-child(2){width:1%;white-space:nowrap}
    td:nth-child(n+4){font-variant-numeric:tabular-nums;width:13%}
    code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    .mark{font-weight:600;font-size:13px;white-space:nowrap}
    .mark::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;background:currentColor;
    margin-right:8px}
    .cards{columns:3 300px;column-gap:16px}
    .card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 16px;
    break-inside:avoid}
    dl{margin:0}
    dl>div{display:grid;grid-template-columns:minmax(96px,42%) 1fr;gap:12px;padding:5px 0;
    border-top:1px solid var(--line)}
    dl>div:first-child{border-top:0}
    dt{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
    dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums;font-size:14px}
    .times dd{display:grid;grid-template-columns:1fr auto;gap:10px;align-items:center}
    .times dd i{height:8px;border-radius:4px;background:var(--accent);min-width:2px;opacity:.75}
    .times dd b{font-weight:400;font-size:13px;min-width:64px;text-align:right}
    details{margin-top:28px}summary{cursor:pointer;color:var(--soft);font-size:13px}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--line);
    border-radius:10px;padding:14px;font:12px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    @media(max-width:640px){main{padding:18px 14px 48px}header{grid-template-columns:1fr;gap:8px}h1{font-size:18px}
    .verdict{justify-self:start;white-space:normal}
    thead{display:none}
    .findings tr{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;padding:11px 14px;
    border-top:1px solid var(--line)}
    .findings tr:first-child{border-top:0}
    .findings td{border:0;padding:0;width:auto!important}
    .findings td:nth-child(2){justify-self:end}
    .findings td:nth-child(n+3){grid-column:1/-1}
    .findings td[data-name]:empty{display:none}
    .findings td[data-name]{color:var(--soft);font-size:13px}
    .findings td[data-name]::before{content:attr(data-name) " "}}
    @media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb}
    main{max-width:none;padding:0}.switches,.bar,.tag,.pair input,details{display:none}
    .look{display:block}.look .stage{width:100%}.frame{max-width:60%;margin-top:16px}
    .pair{aspect-ratio:auto!important;overflow:visible;box-shadow:none;background:none;display:grid;
    grid-template-columns:1fr 1fr;gap:10px;align-items:start}
    .pair>.after,.before{position:relative;display:block;height:auto;clip-path:none}
    .before{aspect-ratio:var(--ratio);overflow:hidden;order:-1}
    .pair>svg,.pair>.layer,.stage figcaption{display:none}
    figure,tr,.card{break-inside:avoid}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
    """

  /// Moves the bar and shows what is ticked; without it both pictures are still there.
  static let script: HTML = """
    for(const stage of document.querySelectorAll('.stage')){const pair=stage.querySelector('.pair');if(!pair)continue;
    const range=pair.querySelector('input');
    const move=()=>{pair.style.setProperty('--cut',range.value/10+'%');
    range.setAttribute('aria-valuetext',Math.round(range.value/10)+' % as before')};
    range.addEventListener('input',move);move();
    for(const box of stage.querySelectorAll('[data-layer]')){
    const show=()=>pair.classList.toggle('shows-'+box.dataset.layer,box.checked);
    box.addEventListener('change',show);show()}}
    """
}
