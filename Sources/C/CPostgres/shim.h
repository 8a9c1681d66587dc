// libpq, used asynchronously.
#pragma once
#include <libpq-fe.h>
