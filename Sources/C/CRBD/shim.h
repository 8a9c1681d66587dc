// librbd and librados, as they are.
#pragma once
#include <rados/librados.h>
#include <rbd/librbd.h>
