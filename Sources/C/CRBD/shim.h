// librbd and librados, as they are, and glibc's knob for large blocks.
#pragma once
#include <malloc.h>
#include <rados/librados.h>
#include <rbd/librbd.h>
