# A freestyle job, in a post-build action of the PostBuildScript plug-in, on a success, an unstable build, a failure and an abort.
tocsin send completion --status "$BUILD_RESULT"
