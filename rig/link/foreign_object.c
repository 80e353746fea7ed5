/* A shared object that knows nothing of the link, for its tests. */
int foreign_object(void);
int foreign_object(void) {
    return 1;
}
