#!/usr/bin/env python3
"""Runs a command in a terminal (tmux) and writes what was to be seen as an animated SVG.

    docs/record.py -o docs/demo.svg --key 2:p --key 3.5:r -- target/release/bgfetch-shell demo

Nothing is drawn that the terminal did not show. Needs python3 and tmux, and nothing else.
"""

import argparse
import html
import os
import re
import shlex
import subprocess
import sys
import time

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, BAR = 7.8, 18, 13, 14, 30
BACKGROUND, FOREGROUND = "#0d1b2a", "#e0e6ed"
COLOURS = {1: "#ff6b6b", 2: "#7bd88f", 3: "#ffd166", 4: "#6cb6ff", 5: "#d2a8ff", 6: "#76e3ea", 7: "#e0e6ed"}
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def tmux(socket, *arguments):
    return subprocess.run(["tmux", "-L", socket, *arguments], check=True, capture_output=True, text=True).stdout


def record(command, columns, rows, keys, interval, limit, prompt):
    """Yields (seconds, screen) each time the screen changed; the screen has its colours as escapes."""
    socket = f"record-{os.getpid()}"
    inner = f"trap : INT; printf '%s\\n' {shlex.quote(prompt)}; {shlex.join(command)}; printf '\\n'; tmux -L {socket} set -g @done 1; sleep 60"
    tmux(socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", inner)
    try:
        tmux(socket, "set", "-g", "status", "off")
        start, before, keys = time.monotonic(), None, sorted(keys)
        while True:
            now = time.monotonic() - start
            while keys and keys[0][0] <= now:
                tmux(socket, "send-keys", keys.pop(0)[1])
            done = tmux(socket, "show", "-gqv", "@done").strip() == "1"
            screen = tmux(socket, "capture-pane", "-e", "-p").rstrip("\n")
            if screen != before:
                yield now, screen
                before = screen
            if done:
                return
            if now > limit:
                sys.exit(f"{command[0]} did not end within {limit} seconds")
            time.sleep(interval)
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)


def spans(line):
    """Splits a line at its escapes into (text, style attributes)."""
    colour, dim, bold, at = None, False, False, 0
    for match in [*SGR.finditer(line), None]:
        text = line[at:match.start() if match else len(line)]
        if text:
            style = f' fill="{COLOURS.get(colour, FOREGROUND)}"' if colour else ""
            yield text, style + (' opacity="0.6"' if dim else "") + (' font-weight="bold"' if bold else "")
        if not match:
            return
        at = match.end()
        codes = [int(code or 0) for code in match.group(1).split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                colour, dim, bold = None, False, False
            elif code == 1:
                bold = True
            elif code == 2:
                dim = True
            elif code == 22:
                dim = bold = False
            elif code == 39:
                colour = None
            elif 30 <= code <= 37:
                colour = code - 30
            elif 90 <= code <= 97:
                colour = code - 90
            elif code == 38 and codes[:1] == [5] and len(codes) > 1:
                colour = codes[1] % 8
                codes = codes[2:]


def row(line):
    parts = []
    column = 0
    for text, style in spans(line):
        x = MARGIN + column * CELL_WIDTH
        width = len(text) * CELL_WIDTH
        fixed = f' textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs"'
        if text.strip():
            parts.append(f'<tspan x="{x:.1f}"{fixed}{style}>{html.escape(text)}</tspan>')
        column += len(text)
    return "".join(parts)


def draw(frames, columns, rows, hold):
    """An SVG that shows each frame for as long as it was to be seen, and the last for `hold` seconds."""
    width, height = columns * CELL_WIDTH + 2 * MARGIN, rows * LINE_HEIGHT + BAR + MARGIN
    total = frames[-1][0] + hold
    known, defs, styles, groups = {}, [], [], []
    for index, (start, screen) in enumerate(frames):
        uses = []
        for number, line in enumerate(screen.split("\n")):
            content = row(line)
            if not content:
                continue
            if content not in known:
                known[content] = f"r{len(known)}"
                defs.append(f'<text id="{known[content]}" xml:space="preserve">{content}</text>')
            uses.append(f'<use href="#{known[content]}" y="{BAR + (number + 1) * LINE_HEIGHT - 4}"/>')
        last = index + 1 == len(frames)
        end = total if last else frames[index + 1][0]
        begin_percent, end_percent = 100 * start / total, 100 * end / total
        hidden = "" if last else f"{end_percent:.3f}%{{visibility:hidden}}"
        first = "" if start == 0 else "0%{visibility:hidden}"
        styles.append(f"@keyframes f{index}{{{first}{begin_percent:.3f}%{{visibility:visible}}{hidden}}}")
        styles.append(f"#g{index}{{animation-name:f{index}}}")
        past = "" if last else ' class="past"'
        groups.append(f'<g id="g{index}"{past}>{"".join(uses)}</g>')
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 18 * i}" cy="15" r="5" fill="{c}"/>'
        for i, c in enumerate(("#ff6b6b", "#ffd166", "#7bd88f"))
    )
    style = (
        f"text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"fill:{FOREGROUND};white-space:pre}}.past{{visibility:hidden}}"
        f"@media not (prefers-reduced-motion){{g{{animation:{total:.2f}s step-end infinite}}{''.join(styles)}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">\n'
        f"<style>{style}</style>\n<defs>\n" + "\n".join(defs) + "\n</defs>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>{dots}\n' + "\n".join(groups) + "\n</svg>\n"
    )


def key(text):
    at, name = text.split(":", 1)
    return float(at), name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--columns", type=int, default=110)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--key", type=key, action="append", default=[], metavar="SECONDS:KEY", help="press a key")
    parser.add_argument("--interval", type=float, default=0.2, help="seconds between two looks")
    parser.add_argument("--limit", type=float, default=120, help="seconds the command may take")
    parser.add_argument("--hold", type=float, default=6, help="seconds the last frame stays")
    parser.add_argument("--prompt", help="first line of the screen [default: $ and the command]")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    prompt = options.prompt or "$ " + shlex.join(options.command)
    frames = list(
        record(options.command, options.columns, options.rows, options.key, options.interval, options.limit, prompt)
    )
    frames[0] = (0, frames[0][1])
    rows = max(len(screen.split("\n")) for _, screen in frames)
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(draw(frames, options.columns, rows, options.hold))
    print(f"{options.output}: {len(frames)} frames, {frames[-1][0]:.1f} s, {os.path.getsize(options.output)} bytes")


if __name__ == "__main__":
    main()
