#!/bin/sh
[ "$MAKE" != true ] || apt-get install -y make
