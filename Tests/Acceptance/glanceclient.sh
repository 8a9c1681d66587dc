# Puts today's `glance` into .build/glanceclient; to be sourced.
if ! .build/glanceclient/bin/python -c 'import glanceclient' 2>/dev/null; then
  python3 -m venv .build/glanceclient
  .build/glanceclient/bin/pip install -q python-glanceclient==4.13.0
fi
