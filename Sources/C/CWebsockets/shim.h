// libwebsockets: the console proxy's WebSocket side.
#pragma once
#include <libwebsockets.h>
