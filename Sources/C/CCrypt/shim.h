// libxcrypt: crypt_ra keeps its state on the heap, which Swift can hold.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <crypt.h>
#include <stdlib.h>
