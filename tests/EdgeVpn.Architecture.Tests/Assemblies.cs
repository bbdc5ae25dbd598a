using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace EdgeVpn.Architecture.Tests;

/// <summary>The compiled assemblies as they are: references, members they call, P/Invokes.</summary>
internal sealed class Assemblies : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public Assemblies(string name)
    {
        _file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
        _metadata = _file.GetMetadataReader();
    }

    public IEnumerable<string> References => _metadata.AssemblyReferences
        .Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name));

    /// <summary>Types of other assemblies that the code mentions, with their namespaces.</summary>
    public IEnumerable<string> Types => _metadata.TypeReferences.Select(_metadata.GetTypeReference).Select(FullName);

    /// <summary>Members of other assemblies that the code uses: <c>System.DateTime.get_UtcNow</c>.</summary>
    public IEnumerable<string> Members => _metadata.MemberReferences
        .Select(_metadata.GetMemberReference)
        .Where(static member => member.Parent.Kind == HandleKind.TypeReference)
        .Select(member => FullName(_metadata.GetTypeReference((TypeReferenceHandle)member.Parent)) + "." + _metadata.GetString(member.Name));

    /// <summary>Methods that are implemented in C.</summary>
    public IEnumerable<string> NativeImports => _metadata.MethodDefinitions
        .Select(_metadata.GetMethodDefinition)
        .Where(static method => (method.Attributes & System.Reflection.MethodAttributes.PinvokeImpl) != 0)
        .Select(method => _metadata.GetString(method.Name));

    public void Dispose() => _file.Dispose();

    private string FullName(TypeReference type) => $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
}
