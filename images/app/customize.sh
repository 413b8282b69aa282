#!/bin/sh
# Puts the built product ("$2": dist, node_modules, package.json) into the root file system "$1" of the app image.
set -eu
root=$1
material=$2

echo 'holdfast:x:10997:10997:Holdfast:/app:/usr/sbin/nologin' > "$root/etc/passwd"
echo 'holdfast:x:10997:' > "$root/etc/group"
mkdir -p "$root/app" "$root/tmp"
chmod 1777 "$root/tmp"
cp -R "$material/." "$root/app/"
