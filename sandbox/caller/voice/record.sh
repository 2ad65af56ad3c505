#!/bin/sh
# Recreates the voice bank: each line of texts.txt, spoken by flite's voice rms, as 8 kHz mu-law at
# telephone level, and manifest.json with the word times. Needs Debian's flite and sox.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f ./*.ulaw
while IFS= read -r text; do
    name=$(printf '%s' "$text" | tr ' ' '_')
    # Sentences are spoken slower than flite's default: at 1.0 the recogniser mistakes "thank" for "them", at 1.1 it errs more often.
    case $text in *" "*) stretch=1.08 ;; *) stretch=1.0 ;; esac
    flite -voice rms --setf duration_stretch="$stretch" -t "$text" -psdur -o "$work/$name.wav" </dev/null >"$work/$name.phones"
    for word in $text; do
        printf '%s %s\n' "$word" "$(flite -voice rms -t "$word" -ps -o none </dev/null)"
    done >"$work/$name.words"
    # -D: no dither, so that the same text gives the same bytes.
    sox -D "$work/$name.wav" -t raw -r 8000 -c 1 -e u-law "$work/$name.ulaw" gain -n -4 rate -h 8000 </dev/null
done <texts.txt
cd ../../..
"${PYTHON:-python3}" -m sandbox.caller.voice.manifest "$work"
