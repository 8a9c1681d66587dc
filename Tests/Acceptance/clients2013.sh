# Sourced by the scripts that drive the clients of 2013: makes their environments. They need Python 2.7; any on the PATH
# or in pyenv will do, and where there is none they are said to be skipped.
pins=Tests/Acceptance/pins
clients=${CLIENTS:-.build/clients/bin}

two=
for one in python2.7 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7*/bin/python2.7; do
  if [ -z "$two" ] && "$one" -c 'import ssl' 2>/dev/null; then two=$("$one" -c 'import sys; print(sys.executable)'); fi
done
if [ -z "$two" ]; then
  echo "skipped: no Python 2.7 for the clients of Grizzly and Havana"
else
  for name in grizzly havana; do
    if ! ".build/$name/bin/python" -c 'import keystoneclient' 2>/dev/null; then
      # The last line of virtualenv that makes environments for Python 2.7.
      [ -x .build/virtualenv/bin/virtualenv ] || { python3 -m venv .build/virtualenv
        .build/virtualenv/bin/pip install -q 'virtualenv<20.22' 'setuptools<66'; }
      .build/virtualenv/bin/virtualenv -q -p "$two" ".build/$name"
      ".build/$name/bin/pip" install -q --no-deps -r "$pins/$name.txt" 2>&1 | grep -v DEPRECATION || true
    fi
  done
fi
